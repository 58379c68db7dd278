"""Where somebody lives: the parts of an address, and the countries that there are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from .errors import BadParameter
from .form import Tree
from .params import Email, Kind, Record, Text

#: Regions, unions and trials that have two letters in the tables of languages, and no country's code in ISO 3166-1.
_NO_COUNTRIES = "AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ"
COUNTRIES = {str(code) for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code))} - set(
    _NO_COUNTRIES.split()
)


@dataclass(frozen=True)
class Country(Text):
    """The two letters of a country."""

    def read(self, raw: Tree | str, name: str) -> str | None:
        code = super().read(raw, name)
        if code is not None and code.upper() not in COUNTRIES:
            raise BadParameter(
                f"Country '{code}' is unknown. Try using a 2-character alphanumeric country code instead, such as "
                "'US', 'EG', or 'GB'. A full list of country codes is available at "
                "https://en.wikipedia.org/wiki/ISO_3166-1_alpha-2#Officially_assigned_code_elements",
                param=name,
            )
        return code


_PARTS: Mapping[str, Kind] = {
    part: Text(clearable=True) for part in ("city", "country", "line1", "line2", "postal_code", "state")
}
ADDRESS = Record(_PARTS, clearable=True)
BILLING: Mapping[str, Kind] = {
    "address": Record({**_PARTS, "country": Country(clearable=True)}, clearable=True),
    "email": Email(clearable=True),
    "name": Text(clearable=True),
    "phone": Text(clearable=True),
}
#: Where a customer lives, and with whom a parcel travels.
RESIDENCE = Record(
    {"address": Record(_PARTS, required=True), "name": Text(required=True), "phone": Text(clearable=True)},
    clearable=True,
)
SHIPPING = Record(
    {**RESIDENCE.members, "carrier": Text(clearable=True), "tracking_number": Text(clearable=True)}, clearable=True
)
