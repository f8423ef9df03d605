"""The connected carrier accounts: services, package types, and how each numbers its parcels.

Carrier codes and the whole-number carrier ids that tracking answers with are those of the captures;
account numbers and balances are made up.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Body = dict[str, Any]


class Style(StrEnum):
    """Whose way of writing tracking answers a carrier has."""

    USPS = "usps"
    UPS = "ups"
    FEDEX = "fedex"


@dataclass(frozen=True, slots=True)
class Service:
    """A service: ``price`` of a first pound in US dollars, ``days`` usually on the way."""

    code: str
    name: str
    international: bool
    multi_package: bool
    price: float
    days: int


@dataclass(frozen=True, slots=True)
class Carrier:
    """A connected carrier account; ``number`` is what tracking answers call ``carrier_id``."""

    carrier_id: str
    code: str
    number: int
    style: Style
    account_number: str
    nickname: str
    friendly_name: str
    balance: float
    tracking_page: str
    services: tuple[Service, ...]

    def tracking_url(self, tracking_number: str) -> str:
        """The carrier's own page about a parcel."""
        return self.tracking_page + tracking_number

    def tracking_number(self, rng: random.Random) -> str:
        """A new number of the carrier's form: 22 digits, 1Z and 16 characters, or 12 digits."""
        if self.style is Style.USPS:
            return f"94001502{rng.randrange(10**14):014d}"
        if self.style is Style.UPS:
            return f"1Z{self.account_number}03{rng.randrange(10**8):08d}"
        return f"38{rng.randrange(10**10):010d}"

    def body(self) -> Body:
        """The carrier as GET /v2/carriers shows it."""
        return {
            "carrier_id": self.carrier_id,
            "carrier_code": self.code,
            "account_number": self.account_number,
            "requires_funded_amount": self.style is Style.USPS,
            "balance": self.balance,
            "nickname": self.nickname,
            "friendly_name": self.friendly_name,
            "funding_source_id": None,
            "primary": self.style is Style.USPS,
            "has_multi_package_supporting_services": any(s.multi_package for s in self.services),
            "supports_label_messages": True,
            "disabled_by_billing_plan": False,
            "services": [self._service(service) for service in self.services],
            "packages": [kind.body() for kind in PACKAGE_TYPES],
            "options": [
                {"name": "non_machinable", "default_value": "false"},
                {"name": "saturday_delivery", "default_value": "false"},
            ],
        }

    def _service(self, service: Service) -> Body:
        return {
            "carrier_id": self.carrier_id,
            "carrier_code": self.code,
            "service_code": service.code,
            "name": service.name,
            "domestic": not service.international,
            "international": service.international,
            "is_multi_package_supported": service.multi_package,
        }


@dataclass(frozen=True, slots=True)
class PackageType:
    """What parcels are packed in; sides in inches."""

    package_id: str
    code: str
    name: str
    length: float
    width: float
    height: float

    def dimensions(self) -> Body:
        """The sides as packages show them."""
        return {
            "unit": "inch",
            "length": self.length,
            "width": self.width,
            "height": self.height,
        }

    def body(self) -> Body:
        """The type as GET /v2/carriers shows it."""
        return {
            "package_id": self.package_id,
            "package_code": self.code,
            "name": self.name,
            "dimensions": self.dimensions(),
        }


PACKAGE_TYPES = (
    PackageType("se-3", "package", "Package", 10.0, 10.0, 10.0),
    PackageType("se-12", "thick_envelope", "Thick Envelope", 12.5, 9.5, 1.0),
    PackageType("se-27", "medium_flat_rate_box", "Medium Flat Rate Box", 11.0, 8.5, 5.5),
)

USPS = Carrier(
    carrier_id="se-2077101",
    code="stamps_com",
    number=1,
    style=Style.USPS,
    account_number="postage-4417",
    nickname="House postage",
    friendly_name="Stamps.com",
    balance=412.35,
    tracking_page="https://tools.usps.com/go/TrackConfirmAction.action?tLabels=",
    services=(
        Service("usps_ground_advantage", "USPS Ground Advantage", False, False, 5.4, 4),
        Service("usps_priority_mail", "USPS Priority Mail", False, False, 8.7, 2),
        Service(
            "usps_first_class_mail_international",
            "USPS First Class Mail Intl",
            True,
            False,
            16.2,
            11,
        ),
    ),
)

UPS = Carrier(
    carrier_id="se-2077102",
    code="ups",
    number=3,
    style=Style.UPS,
    account_number="84E20F",
    nickname="Dock 2",
    friendly_name="UPS",
    balance=0.0,
    tracking_page=(
        "http://wwwapps.ups.com/WebTracking/processRequest?HTMLVersion=5.0&Requester=NES"
        "&AgreeToTermsAndConditions=yes&loc=en_US&tracknum="
    ),
    services=(
        Service("ups_ground", "UPS® Ground", False, True, 9.9, 4),
        Service("ups_2nd_day_air", "UPS 2nd Day Air®", False, True, 21.5, 2),
        Service("ups_worldwide_saver", "UPS Worldwide Saver®", True, True, 58.0, 5),
    ),
)

FEDEX = Carrier(
    carrier_id="se-2077103",
    code="fedex_walleted",
    number=194,
    style=Style.FEDEX,
    account_number="wallet-90513",
    nickname="Returns and heavy",
    friendly_name="FedEx",
    balance=96.1,
    tracking_page="https://www.fedex.com/fedextrack/?action=track&trackingnumber=",
    services=(
        Service("fedex_ground", "FedEx Ground", False, True, 10.3, 4),
        Service("fedex_2day", "FedEx 2Day", False, True, 24.8, 2),
        Service("fedex_international_economy", "FedEx International Economy", True, True, 61.0, 6),
    ),
)

CARRIERS = (USPS, UPS, FEDEX)
BY_ID = {carrier.carrier_id: carrier for carrier in CARRIERS}
SERVICES = {
    service.code: (carrier, service) for carrier in CARRIERS for service in carrier.services
}
