"""What a whole code must keep: the frame of EMVCo, and the profile of NAPAS (format v1.0, chapter 5)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from .parts import ACCOUNT, BIN, MAX_AMOUNT, TO_ACCOUNT, TO_CARD, Account, Damaged, Problem

_DIGITS = re.compile(r"[0-9]+")
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
_PERCENT = re.compile(r"[0-9]{1,2}(?:\.[0-9]{0,2})?")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")

#: Longest value of each object of the format (3.2); objects not named here may fill their length of 99.
_LIMITS: Final[Mapping[str, int]] = {
    "00": 2, "01": 2, "52": 4, "53": 3, "54": 13, "55": 2, "56": 13, "57": 5, "58": 2,
    "59": 25, "60": 15, "61": 10, "63": 4,
    **{f"62.0{n}": 25 for n in range(1, 9)}, "62.09": 3,
    "64.00": 2, "64.01": 25, "64.02": 15,
    "38.01.00": 6, "38.01.01": 19, "38.02": 10,
}  # fmt: skip


def frame_problems(root: dict[str, str], templates: dict[str, dict[str, str]]) -> Iterator[Problem]:
    """What every code of the EMVCo frame must keep, whatever its scheme."""
    if next(iter(root)) != "00":
        yield Problem("format_not_first", next(iter(root)))
    if root.get("00") != "01":
        yield Problem("bad_format", root.get("00", "missing"))
    if root["63"] != root["63"].upper():
        yield Problem("crc_lower_case", root["63"])
    flat = {**root, **{f"{t}.{k}": v for t, inner in templates.items() for k, v in inner.items()}}
    for place, value in flat.items():
        if not value:
            yield Problem("empty", place)
        if len(value) > _LIMITS.get(place, 99):
            yield Problem("too_long_value", place)
        if place.endswith(".00") and place[:2] not in ("62", "64") and len(value) > 32:
            yield Problem("too_long_value", place)
        if place[:2] != "64" and not _PRINTABLE.fullmatch(value) and place not in templates:
            yield Problem("bad_character", place)
    for place in ("52", "53"):
        if place in root and not (_DIGITS.fullmatch(root[place]) and len(root[place]) == _LIMITS[place]):
            yield Problem("not_numeric", place)
    yield from _fee_problems(root)
    yield from (
        Problem("no_language", f"64.{tag}") for tag in ("00", "01") if tag not in templates.get("64", {tag: ""})
    )
    asked = templates.get("62", {}).get("09", "A")
    if set(asked) - set("AME") or len(set(asked)) < len(asked):
        yield Problem("bad_data_request", "62.09")


def _fee_problems(root: dict[str, str]) -> Iterator[Problem]:
    """Object 55 is 01 (the payer types a tip), 02 (56 is a fixed fee) or 03 (57 is one in percent, 00.01 to 99.99)."""
    kind = root.get("55")
    if kind not in (None, "01", "02", "03"):
        yield Problem("bad_fee", "55")
    for place, needed, form in (("56", "02", _AMOUNT), ("57", "03", _PERCENT)):
        written = root.get(place)
        if (written is None) is (kind == needed) or (
            written is not None and not (form.fullmatch(written) and written.strip("0."))
        ):
            yield Problem("bad_fee", place)


def profile_problems(root: dict[str, str], account: Account | None) -> list[Problem]:
    """What NAPAS asks beyond the frame (format v1.0, chapter 5)."""
    problems: list[Problem] = []
    if root.get("01") not in ("11", "12"):
        problems.append(Problem("bad_initiation", root.get("01", "missing")))
    if root.get("53") != "704":
        problems.append(Problem("bad_currency", root.get("53", "missing")))
    if root.get("58") != "VN":
        problems.append(Problem("bad_country", root.get("58", "missing")))
    if account is not None:
        if not BIN.fullmatch(account.bank_bin or ""):
            problems.append(Problem("bad_bin", account.bank_bin or "missing"))
        if not ACCOUNT.fullmatch(account.account or ""):
            problems.append(Problem("bad_account", account.account or "missing"))
        if account.service is None:
            problems.append(Problem("no_service", "38.02"))
        elif account.service not in (TO_ACCOUNT, TO_CARD):
            problems.append(Problem("other_service", account.service))
    return problems


def read_amount(root: dict[str, str]) -> tuple[int | None, list[Problem]]:
    """Object 54 as whole dong. Raises Damaged for what is no amount; "50000." is right (5.2.6)."""
    written = root.get("54")
    if written is None:
        return None, []
    match = _AMOUNT.fullmatch(written)
    if not match or (not match[1].strip("0") and not (match[2] or "").strip("0")):
        raise Damaged("bad_amount", written)
    if root.get("53") != "704":
        return (None if match[2] else int(match[1])), []
    if (match[2] or "").strip("0"):
        raise Damaged("bad_amount", written)
    amount = int(match[1])
    problems = [Problem("amount_decimals", written)] if match[2] else []
    if amount > MAX_AMOUNT:
        problems.append(Problem("amount_too_large", written))
    return amount, problems
