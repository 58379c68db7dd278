"""Which trace links a product may carry: https to an official portal, a GS1 Digital Link, or our own trace page.

Nothing is fetched here (``trace.calling`` does). Sources: domain research 3.3 to 3.7; GS1 Digital Link 1.2 (URI
syntax), GS1 General Specifications (check digit, application identifiers 10, 21, 22 and the dates 11, 13, 15, 17).
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from marketplace.core.errors import Invalid

MAX_LENGTH = 500
#: Portals by name, and domains whose every host below them counts.
HOSTS = frozenset({"truyxuat.gov.vn", "check.hanoi.gov.vn", "id.gs1.org", "check.net.vn"})
DOMAINS = (".gov.vn", ".check.net.vn")
_RESOLVER = "id.gs1.org"
_QUALIFIERS = ("22", "10", "21")  # variant, lot, serial number: in this order
_DATES = ("11", "13", "15", "17")
_GTIN_LENGTHS = (8, 12, 13, 14)
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)
_UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
#: Letters, digits and signs that GS1 allows in a lot or serial number (set 82).
_VALUE = re.compile(r"[!\"%-?A-Z_a-z]{1,20}", re.ASCII)


@dataclass(frozen=True)
class ParsedLink:
    """A link that may be kept: its address, its host, and the GTIN (14 digits) of a Digital Link."""

    url: str
    host: str
    gtin: str | None


def parse_trace_link(typed: str, *, own_pages: str) -> ParsedLink:
    """Read a trace link as typed. ``own_pages`` is the address under which our own trace pages lie (ending ``/t/``).

    Raises ``Invalid``: ``link_unreadable``, ``link_not_https``, ``link_with_user``, ``link_host_unknown`` (``host``),
    and for Digital Links ``gtin_length``, ``gtin_check_digit``, ``gs1_order``, ``gs1_value``, ``gs1_date``.
    """
    url = typed.strip()
    if not url or len(url) > MAX_LENGTH or _UNSAFE.search(url):
        raise Invalid("link_unreadable", longest=MAX_LENGTH)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid("link_unreadable", longest=MAX_LENGTH) from error
    if "@" in parts.netloc:
        raise Invalid("link_with_user")
    if url.startswith(own_pages) and len(url) > len(own_pages):
        return ParsedLink(url, parts.hostname or "", None)
    if parts.scheme != "https":
        raise Invalid("link_not_https")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or port not in (None, 443):
        raise Invalid("link_unreadable", longest=MAX_LENGTH)
    if not _is_portal(host):
        raise Invalid("link_host_unknown", host=host)
    return ParsedLink(url, host, _digital_link_gtin(parts, host))


def portal_of(url: str) -> str | None:
    """The host of a known portal that an address leads to by https; None for any other address."""
    if _UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    is_plain = parts.scheme == "https" and "@" not in parts.netloc and port in (None, 443)
    return host if is_plain and _HOST.fullmatch(host) and _is_portal(host) else None


def _is_portal(host: str) -> bool:
    return host in HOSTS or host.endswith(DOMAINS)


def normal_gtin(digits: str) -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits. Raises ``Invalid`` (``gtin_length``, ``gtin_check_digit``)."""
    if not re.fullmatch(r"[0-9]+", digits, re.ASCII) or len(digits) not in _GTIN_LENGTHS:
        raise Invalid("gtin_length")
    gtin = digits.zfill(14)
    if check_digit(gtin[:-1]) != gtin[-1]:
        raise Invalid("gtin_check_digit", expected=check_digit(gtin[:-1]))
    return gtin


def check_digit(digits: str) -> str:
    """The check digit that follows ``digits``: weights 3, 1, 3, 1 … from the right."""
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighed % 10)


def _digital_link_gtin(parts: SplitResult, host: str) -> str | None:
    """The GTIN when the path is a Digital Link (always so on the GS1 resolver), else None."""
    steps = [unquote(step) for step in parts.path.split("/")[1:]]
    if steps and steps[-1] == "":
        steps.pop()
    starts = [place for place, step in enumerate(steps[:-1]) if step == "01" and steps[place + 1].isdecimal()]
    if not starts:
        if host == _RESOLVER:
            raise Invalid("gtin_length")
        return None
    start = starts[0]
    gtin = normal_gtin(steps[start + 1])
    _check_qualifiers(steps[start + 2 :])
    _check_dates(parts.query)
    return gtin


def _check_qualifiers(steps: list[str]) -> None:
    names, values = steps[0::2], steps[1::2]
    if len(names) != len(values) or any(name not in _QUALIFIERS for name in names):
        raise Invalid("gs1_order")
    places = [_QUALIFIERS.index(name) for name in names]
    if places != sorted(set(places)):
        raise Invalid("gs1_order")
    for value in values:
        if not _VALUE.fullmatch(value):
            raise Invalid("gs1_value")


def _check_dates(query: str) -> None:
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in _DATES and not _is_gs1_date(value):
            raise Invalid("gs1_date", identifier=name)


def _is_gs1_date(value: str) -> bool:
    """YYMMDD; day 00 means the whole month."""
    if not re.fullmatch(r"[0-9]{6}", value, re.ASCII):
        return False
    year, month, day = 2000 + int(value[:2]), int(value[2:4]), int(value[4:])
    try:
        date(year, month, day or 1)
    except ValueError:
        return False
    return True
