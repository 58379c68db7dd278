"""VietQR payment codes: one builder, one strict reader, no dependency.

A code is a chain of objects ``id (2 digits) + length (2 digits) + value`` after EMVCo's merchant-presented
QR, in the profile of NAPAS, "VietQR format" v1.0 (09/2021). One unit is stated for writing and reading:
a length counts *characters*, the checksum (CRC-16/CCITT-FALSE) runs over the UTF-8 bytes.
Amounts are whole dong.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from marketplace.core.errors import Invalid

NAPAS_GUID: Final = "A000000727"
TO_ACCOUNT: Final = "QRIBFTTA"
TO_CARD: Final = "QRIBFTTC"
#: The bank of the simulation; the State Bank gave this number to nobody.
SIMULATED_BIN: Final = "999999"

#: One transfer through NAPAS 247 stays below 500 million dong (format 8.1.1).
MAX_AMOUNT: Final = 499_999_999
MAX_MEMO: Final = 25
#: EMVCo's upper bound of a payload; longer text is not read at all.
MAX_PAYLOAD: Final = 512

_BIN = re.compile(r"[0-9]{6}")
_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,19}")
_MEMO = re.compile(r"[A-Z0-9](?:[A-Z0-9 ]{0,23}[A-Z0-9])?")
_DIGITS = re.compile(r"[0-9]+")
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")

#: Longest value of each object of the format (3.2); objects not named here may fill their length of 99.
_LIMITS: Final[Mapping[str, int]] = {
    "00": 2, "01": 2, "52": 4, "53": 3, "54": 13, "55": 2, "56": 13, "57": 5, "58": 2,
    "59": 25, "60": 15, "61": 10, "63": 4,
    **{f"62.0{n}": 25 for n in range(1, 9)}, "62.09": 3,
    "64.00": 2, "64.01": 25, "64.02": 15,
    "38.01.00": 6, "38.01.01": 19, "38.02": 10,
}  # fmt: skip

_ADDITIONAL_NAMES: Final[Mapping[str, str]] = {
    "01": "bill_number",
    "02": "mobile_number",
    "03": "store_label",
    "04": "loyalty_number",
    "05": "reference_label",
    "06": "customer_label",
    "07": "terminal_label",
    "08": "purpose",
    "09": "data_request",
}


class VietQrError(Invalid):
    """A code that may not be made; ``code`` says why: bad_bin, bad_account, bad_amount, amount_too_large, bad_memo."""


class Verdict(StrEnum):
    """What a reader may do with a code."""

    VALID = "valid"
    """A NAPAS 247 transfer code: safe to pay."""
    VALID_OTHER = "valid_other"
    """Whole, but of another scheme or service: answer "not supported", never "damaged"."""
    NONCONFORMING = "nonconforming"
    """Readable with a right checksum, but against the profile: refused by a strict reader."""
    INVALID = "invalid"
    """Damaged, ambiguous or no payment code at all."""


class Problem(NamedTuple):
    """One finding: a stable code, and the place or value it was found at."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Account:
    """Object 38 of NAPAS: where the money goes."""

    bank_bin: str | None
    account: str | None
    service: str | None


@dataclass(frozen=True, slots=True)
class VietQr:
    """What a code says, as far as it could be read.

    ``amount`` is whole dong, None when the payer types it; ``memo`` is object 62.08. ``account`` is None
    when the code belongs to another scheme, whose root objects are then in ``schemes`` by tag.
    """

    verdict: Verdict
    problems: tuple[Problem, ...] = ()
    initiation: str | None = None
    account: Account | None = None
    amount: int | None = None
    additional: Mapping[str, str] = field(default_factory=dict)
    schemes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    merchant_category: str | None = None
    merchant_name: str | None = None
    merchant_city: str | None = None
    unreserved: Mapping[str, str] = field(default_factory=dict)
    crc: str | None = None

    @property
    def is_payable(self) -> bool:
        """True only for a code that a strict reader accepts as a NAPAS transfer."""
        return self.verdict is Verdict.VALID

    @property
    def memo(self) -> str | None:
        """The transfer's message, object 62.08."""
        return self.additional.get("purpose")


class _Damaged(Exception):
    """The text is no chain of objects, or says one thing twice."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.problem = Problem(code, detail)


def checksum(text: str) -> str:
    """CRC-16/CCITT-FALSE over the UTF-8 bytes of ``text``, four upper-case hex digits.

    >>> checksum("123456789")
    '29B1'
    """
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def build(
    bank_bin: str,
    account: str,
    *,
    amount: int | None = None,
    memo: str | None = None,
    dynamic: bool | None = None,
) -> str:
    """The payload of a transfer to a bank account (service QRIBFTTA).

    ``amount`` is whole dong from 1 to 499,999,999, None lets the payer type it. ``memo`` is 1 to 25 of
    A-Z, 0-9 and inner spaces. ``dynamic`` (object 01 = 12, for one transaction) defaults to "an amount
    is given"; a static code (11) may carry a fixed price. Raises VietQrError.
    """
    _check_parts(bank_bin, account, amount=amount, memo=memo)
    is_dynamic = amount is not None if dynamic is None else dynamic
    beneficiary = _object("00", bank_bin) + _object("01", account)
    template = _object("00", NAPAS_GUID) + _object("01", beneficiary) + _object("02", TO_ACCOUNT)
    payload = (
        _object("00", "01")
        + _object("01", "12" if is_dynamic else "11")
        + _object("38", template)
        + _object("53", "704")
        + (_object("54", str(amount)) if amount is not None else "")
        + _object("58", "VN")
        + (_object("62", _object("08", memo)) if memo is not None else "")
        + "6304"
    )
    return payload + checksum(payload)


def around_amount(bank_bin: str, account: str, *, memo: str) -> tuple[str, str]:
    """What stands before and after the amount (object 54) in a dynamic payload, without the checksum's four digits.

    For a phone without network: before + ``54`` + length in two digits + amount + after, then its CRC-16.
    """
    currency = _object("53", "704")
    before, _amount, after = build(bank_bin, account, amount=1, memo=memo)[:-4].rpartition(
        currency + _object("54", "1")
    )
    return before + currency, after


def _check_parts(bank_bin: str, account: str, *, amount: int | None, memo: str | None) -> None:
    if not _BIN.fullmatch(bank_bin):
        raise VietQrError("bad_bin", field="bank_bin")
    if not _ACCOUNT.fullmatch(account):
        raise VietQrError("bad_account", field="account")
    if amount is not None:
        if type(amount) is not int or amount < 1:
            raise VietQrError("bad_amount", field="amount")
        if amount > MAX_AMOUNT:
            raise VietQrError("amount_too_large", field="amount", largest=MAX_AMOUNT)
    if memo is not None and not _MEMO.fullmatch(memo):
        raise VietQrError("bad_memo", field="memo", longest=MAX_MEMO)


def _object(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def read(payload: str) -> VietQr:
    """Judge and read a payload. Never raises: what is wrong is in ``verdict`` and ``problems``."""
    text = payload.strip()
    padding = (Problem("white_space", "around the payload"),) if text != payload else ()
    try:
        root = _open(text)
        return _judge(root, padding)
    except _Damaged as damage:
        return VietQr(Verdict.INVALID, (damage.problem,))


def _open(text: str) -> dict[str, str]:
    """Root objects of a whole text with the right checksum; raises _Damaged."""
    if len(text) > MAX_PAYLOAD:
        raise _Damaged("too_long", str(len(text)))
    if text[-8:-4] != "6304":
        raise _Damaged("no_checksum", "does not end with a 4-character object 63")
    try:
        expected = checksum(text[:-4])
    except UnicodeEncodeError:
        raise _Damaged("bad_text", "lone surrogate") from None
    if text[-4:].upper() != expected:
        raise _Damaged("crc_mismatch", f"payload says {text[-4:]}, computed {expected}")
    root = _objects(text, "")
    if list(root)[-1] != "63":
        raise _Damaged("no_checksum", "object 63 is not last")
    return root


def _objects(text: str, place: str) -> dict[str, str]:
    """The objects of one level in their order; raises _Damaged when it is no whole chain."""
    found: dict[str, str] = {}
    for tag, value in _walk(text, place):
        if tag in found:
            raise _Damaged("duplicate", place + tag)
        found[tag] = value
    return found


def _walk(text: str, place: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        tag, size = text[at : at + 2], text[at + 2 : at + 4]
        # str.isdigit would take digits of other scripts
        if not (len(tag) == len(size) == 2 and (tag + size).isascii() and (tag + size).isdigit()):
            raise _Damaged("bad_object", f"{place or 'root'} at {at}")
        end = at + 4 + int(size)
        if end > len(text):
            raise _Damaged("cut_short", f"{place}{tag} at {at}")
        yield tag, text[at + 4 : end]
        at = end


def _judge(root: dict[str, str], padding: tuple[Problem, ...]) -> VietQr:
    templates = {tag: _objects(value, f"{tag}.") for tag, value in root.items() if _is_template(tag)}
    amount, amount_problems = _read_amount(root)
    frame = [*padding, *_frame_problems(root, templates), *amount_problems]
    transfer = templates.get("38", {})
    is_napas = transfer.get("00") == NAPAS_GUID
    beneficiary = _objects(transfer.get("01", ""), "38.01.") if is_napas else {}
    account = Account(beneficiary.get("00"), beneficiary.get("01"), transfer.get("02")) if is_napas else None
    verdict, problems = _verdict(root, account, frame)
    additional = templates.get("62", {})
    return VietQr(
        verdict,
        tuple(problems),
        initiation={"11": "static", "12": "dynamic"}.get(root.get("01", "")),
        account=account,
        amount=amount,
        additional={name: additional[tag] for tag, name in _ADDITIONAL_NAMES.items() if tag in additional},
        schemes={
            tag: templates.get(tag, {"": value})
            for tag, value in root.items()
            if "02" <= tag <= "51" and not (is_napas and tag == "38")
        },
        merchant_category=root.get("52"),
        merchant_name=root.get("59"),
        merchant_city=root.get("60"),
        unreserved={tag: value for tag, value in root.items() if "80" <= tag <= "99"},
        crc=root["63"],
    )


def _is_template(tag: str) -> bool:
    """Merchant accounts 26-51 and 62, 64 hold objects. 80-99 should, but wallets put bare values there."""
    return "26" <= tag <= "51" or tag in ("62", "64")


def _verdict(root: dict[str, str], account: Account | None, frame: list[Problem]) -> tuple[Verdict, list[Problem]]:
    if frame:
        extra = _profile_problems(root, account) if account else []
        return Verdict.NONCONFORMING, frame + extra
    if account is None:
        others = [tag for tag in root if "02" <= tag <= "51"]
        if not others:
            return Verdict.NONCONFORMING, [Problem("no_account", "no merchant account in 02 to 51")]
        return Verdict.VALID_OTHER, [Problem("other_scheme", ",".join(others))]
    if account.service and account.service not in (TO_ACCOUNT, TO_CARD):
        return Verdict.VALID_OTHER, [Problem("other_service", account.service)]
    problems = _profile_problems(root, account)
    return (Verdict.NONCONFORMING if problems else Verdict.VALID), problems


def _frame_problems(root: dict[str, str], templates: dict[str, dict[str, str]]) -> Iterator[Problem]:
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
        if place in root and not _DIGITS.fullmatch(root[place]):
            yield Problem("not_numeric", place)


def _profile_problems(root: dict[str, str], account: Account | None) -> list[Problem]:
    """What NAPAS asks beyond the frame (format v1.0, chapter 5)."""
    problems: list[Problem] = []
    if root.get("01") not in ("11", "12"):
        problems.append(Problem("bad_initiation", root.get("01", "missing")))
    if root.get("53") != "704":
        problems.append(Problem("bad_currency", root.get("53", "missing")))
    if root.get("58") != "VN":
        problems.append(Problem("bad_country", root.get("58", "missing")))
    if account is not None:
        if not _BIN.fullmatch(account.bank_bin or ""):
            problems.append(Problem("bad_bin", account.bank_bin or "missing"))
        if not _ACCOUNT.fullmatch(account.account or ""):
            problems.append(Problem("bad_account", account.account or "missing"))
        if account.service is None:
            problems.append(Problem("no_service", "38.02"))
        elif account.service not in (TO_ACCOUNT, TO_CARD):
            problems.append(Problem("other_service", account.service))
    return problems


def _read_amount(root: dict[str, str]) -> tuple[int | None, list[Problem]]:
    """Object 54 as whole dong. Raises _Damaged for what is no amount; "50000." is right (5.2.6)."""
    written = root.get("54")
    if written is None:
        return None, []
    match = _AMOUNT.fullmatch(written)
    if not match or (not match[1].strip("0") and not (match[2] or "").strip("0")):
        raise _Damaged("bad_amount", written)
    if root.get("53") != "704":
        return (None if match[2] else int(match[1])), []
    if (match[2] or "").strip("0"):
        raise _Damaged("bad_amount", written)
    amount = int(match[1])
    problems = [Problem("amount_decimals", written)] if match[2] else []
    if amount > MAX_AMOUNT:
        problems.append(Problem("amount_too_large", written))
    return amount, problems
