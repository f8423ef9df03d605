"""Towns that parcels start from, pass through and go to; coordinates to about a kilometre."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """A town; ``utc_hours`` is its wall clock less UTC, the same all year. Equal only to itself."""

    city: str
    state: str
    postal_code: str
    country: str
    utc_hours: int
    latitude: float
    longitude: float

    @property
    def is_domestic(self) -> bool:
        """Whether a parcel from the account's warehouses stays in the country."""
        return self.country == "US"


DOMESTIC = (
    Town("PORTLAND", "OR", "97209", "US", -7, 45.5311, -122.6842),
    Town("BOISE", "ID", "83702", "US", -6, 43.6311, -116.2041),
    Town("TUCSON", "AZ", "85705", "US", -7, 32.2683, -110.9862),
    Town("SPOKANE", "WA", "99201", "US", -7, 47.6651, -117.4326),
    Town("DENVER", "CO", "80205", "US", -6, 39.7592, -104.9664),
    Town("OMAHA", "NE", "68104", "US", -5, 41.2921, -95.9992),
    Town("AUSTIN", "TX", "78704", "US", -5, 30.2454, -97.7688),
    Town("MADISON", "WI", "53703", "US", -5, 43.0779, -89.3765),
    Town("TULSA", "OK", "74104", "US", -5, 36.1463, -95.9529),
    Town("NASHVILLE", "TN", "37206", "US", -5, 36.1798, -86.7411),
    Town("COLUMBUS", "OH", "43201", "US", -4, 39.9912, -83.0007),
    Town("PITTSBURGH", "PA", "15203", "US", -4, 40.4254, -79.9799),
    Town("ALBANY", "NY", "12208", "US", -4, 42.6556, -73.7985),
    Town("PROVIDENCE", "RI", "02906", "US", -4, 41.8382, -71.3972),
    Town("RICHMOND", "VA", "23220", "US", -4, 37.5498, -77.4588),
    Town("SAVANNAH", "GA", "31401", "US", -4, 32.0749, -81.0883),
    Town("TAMPA", "FL", "33602", "US", -4, 27.9613, -82.4597),
    Town("HONOLULU", "HI", "96816", "US", -10, 21.2887, -157.8006),
)

ABROAD = (
    Town("Halifax", "NS", "B3H 4R2", "CA", -3, 44.6366, -63.5917),
    Town("Calgary", "AB", "T2P 1J9", "CA", -6, 51.0477, -114.0719),
    Town("Leeds", "West Yorkshire", "LS1 4DY", "GB", 1, 53.7965, -1.5478),
    Town("Galway", "Co. Galway", "H91 E2K3", "IE", 1, 53.2707, -9.0568),
    Town("Leipzig", "SN", "04109", "DE", 2, 51.3406, 12.3747),
    Town("Nantes", "Pays de la Loire", "44000", "FR", 2, 47.2184, -1.5536),
    Town("Utrecht", "UT", "3511 LN", "NL", 2, 52.0907, 5.1214),
    Town("Malmö", "Skåne", "211 22", "SE", 2, 55.6050, 13.0038),
    Town("Bologna", "BO", "40121", "IT", 2, 44.4949, 11.3426),
    Town("Sapporo", "Hokkaido", "060-0042", "JP", 9, 43.0621, 141.3544),
    Town("Hobart", "TAS", "7000", "AU", 10, -42.8821, 147.3272),
    Town("Dunedin", "Otago", "9016", "NZ", 12, -45.8788, 170.5028),
    Town("Guadalajara", "JAL", "44100", "MX", -6, 20.6736, -103.3440),
)

HUBS = (
    Town("OAKLAND", "CA", "94615", "US", -7, 37.7214, -122.2208),
    Town("SALT LAKE CITY", "UT", "84199", "US", -6, 40.7413, -111.9933),
    Town("KANSAS CITY", "MO", "64121", "US", -5, 39.2976, -94.7139),
    Town("DALLAS", "TX", "75260", "US", -5, 32.8998, -97.0403),
    Town("CHICAGO", "IL", "60666", "US", -5, 41.9742, -87.9073),
    Town("LOUISVILLE", "KY", "40213", "US", -4, 38.1741, -85.7365),
    Town("MEMPHIS", "TN", "38118", "US", -5, 35.0421, -89.9792),
    Town("CHARLOTTE", "NC", "28228", "US", -4, 35.2144, -80.9473),
)

GATEWAY = Town("JAMAICA", "NY", "11430", "US", -4, 40.6413, -73.7781)
