"""VietQR payment codes: one builder, one strict reader, no dependency.

A code is a chain of objects ``id (2 digits) + length (2 digits) + value`` after EMVCo's merchant-presented
QR, in the profile of NAPAS, "VietQR format" v1.0 (09/2021). One unit is stated for writing and reading:
a length counts *characters*, the checksum (CRC-16/CCITT-FALSE) runs over the UTF-8 bytes.
Amounts are whole dong.
"""

from .building import around_amount, build
from .parts import (
    MAX_AMOUNT,
    MAX_MEMO,
    MAX_PAYLOAD,
    NAPAS_GUID,
    SIMULATED_BIN,
    TO_ACCOUNT,
    TO_CARD,
    Account,
    Problem,
    Verdict,
    VietQr,
    VietQrError,
    checksum,
)
from .reading import read

__all__ = [
    "MAX_AMOUNT",
    "MAX_MEMO",
    "MAX_PAYLOAD",
    "NAPAS_GUID",
    "SIMULATED_BIN",
    "TO_ACCOUNT",
    "TO_CARD",
    "Account",
    "Problem",
    "Verdict",
    "VietQr",
    "VietQrError",
    "around_amount",
    "build",
    "checksum",
    "read",
]
