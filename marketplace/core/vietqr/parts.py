"""What a payment code is made of: constants of the format, the reader's findings, the checksum."""

import binascii
import re
from collections.abc import Mapping
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

BIN = re.compile(r"[0-9]{6}")
ACCOUNT = re.compile(r"[A-Za-z0-9]{1,19}")


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
    fees: Mapping[str, str] = field(default_factory=dict)
    """Objects 55 to 57, a tip or fee on top of the amount, by tag."""
    crc: str | None = None

    @property
    def is_payable(self) -> bool:
        """True only for a code that a strict reader accepts as a NAPAS transfer."""
        return self.verdict is Verdict.VALID

    @property
    def memo(self) -> str | None:
        """The transfer's message, object 62.08."""
        return self.additional.get("purpose")


class Damaged(Exception):
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
