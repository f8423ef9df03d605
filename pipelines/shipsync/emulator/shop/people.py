"""Made-up people and their addresses, in the three shapes in which the API shows an address.

The shapes differ in small ways that the captures show: a shipment's ``ship_to`` has ``geolocation``
null, a label's has an empty list, a fulfillment's has none; ``company_name`` is ``""`` on the first
two and null on the third.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from shipsync.emulator.shop.towns import ABROAD, DOMESTIC, Town

Body = dict[str, Any]

_GIVEN = (
    "Ada",
    "Ama",
    "Anouk",
    "Bram",
    "Carys",
    "Chidi",
    "Dalia",
    "Emre",
    "Farida",
    "Greta",
    "Idris",
    "Ines",
    "Kaito",
    "Leif",
    "Lucia",
    "Malik",
    "Niko",
    "Paloma",
    "Priya",
    "Rafael",
    "Selma",
    "Tomas",
    "Yara",
    "Zofia",
)
_FAMILY = (
    "Abara",
    "Bellweather",
    "Castellane",
    "Dunmore",
    "Eskola",
    "Farrowby",
    "Galloway",
    "Haverstock",
    "Ibarrola",
    "Kalinova",
    "Lindqvist",
    "Marlowe",
    "Nakagiri",
    "Okonjo",
    "Quillfeather",
    "Sandoval",
    "Tamblyn",
    "Varga",
    "Wetherby",
    "Zelenko",
)
_STREETS = (
    "Larkspur Lane",
    "Quarry Road",
    "Old Mill Street",
    "Juniper Court",
    "Harbour View",
    "Signal Hill Avenue",
    "Weaver's Row",
    "Copper Beech Drive",
    "Ferry Lane",
    "Orchard Close",
    "Lantern Street",
    "Thistledown Way",
)
_COMPANIES = ("Pinewood Joinery", "Halcyon Dental", "Two Rivers Bakery", "Atlas Cycle Works")
_MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example")
_INSTRUCTIONS = ("Leave with the neighbour at number 4", "Ring twice", "Side door, blue gate")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets parcels; ``residential`` is unknown, yes or no."""

    name: str
    phone: str
    email: str | None
    company_name: str
    address_line1: str
    address_line2: str
    place: Town
    postal_code: str
    residential: str
    instructions: str | None = None

    def on_shipment(self) -> Body:
        """The address as ``ship_to`` of a shipment shows it."""
        return {"geolocation": None, **self._lines(self.company_name)}

    def _lines(self, company_name: str | None) -> Body:
        return {
            "instructions": self.instructions,
            "name": self.name,
            "phone": self.phone,
            "email": self.email,
            "company_name": company_name,
            "address_line1": self.address_line1,
            "address_line2": self.address_line2,
            "address_line3": None,
            "city_locality": self.place.city,
            "state_province": self.place.state,
            "postal_code": self.postal_code,
            "country_code": self.place.country,
            "address_residential_indicator": self.residential,
        }


def recipient(rng: random.Random) -> Recipient:
    """Somebody new; four of five live in the country of the warehouses."""
    place = rng.choice(DOMESTIC if rng.random() < 0.8 else ABROAD)
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    at_work = rng.random() < 0.12
    email = f"{given}.{family}{rng.randrange(100)}@{rng.choice(_MAIL_HOSTS)}".lower()
    return Recipient(
        name=f"{given} {family}",
        phone=f"555-01{rng.randrange(100):02d}",
        email=email if rng.random() < 0.9 else None,
        company_name=rng.choice(_COMPANIES) if at_work else "",
        address_line1=street(rng),
        address_line2=f"Apt {rng.randrange(1, 40)}" if rng.random() < 0.25 else "",
        place=place,
        postal_code=_postal_code(rng, place),
        residential="no" if at_work else rng.choice(("yes", "yes", "unknown")),
        instructions=rng.choice(_INSTRUCTIONS) if rng.random() < 0.04 else None,
    )


def street(rng: random.Random) -> str:
    """A house number and a street."""
    return f"{rng.randrange(1, 980)} {rng.choice(_STREETS)}"


def _postal_code(rng: random.Random, place: Town) -> str:
    if place.is_domestic and rng.random() < 0.6:
        return f"{place.postal_code}-{rng.randrange(1, 10_000):04d}"
    return place.postal_code
