"""The builder: one canonical payload for each transfer."""

import re

from .parts import ACCOUNT, BIN, MAX_AMOUNT, MAX_MEMO, NAPAS_GUID, TO_ACCOUNT, VietQrError, checksum

_MEMO = re.compile(r"[A-Z0-9](?:[A-Z0-9 ]{0,23}[A-Z0-9])?")


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
    if not BIN.fullmatch(bank_bin):
        raise VietQrError("bad_bin", field="bank_bin")
    if not ACCOUNT.fullmatch(account):
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
