"""Codes of an authenticator app (TOTP, RFC 6238: six digits, 30 seconds)."""

import hmac
import re
from datetime import datetime

import pyotp

_STEP = 30


def new_secret() -> str:
    """A fresh secret for an authenticator app (160 bits, base 32)."""
    return str(pyotp.random_base32())


def matching_step(secret: str, typed: str, moment: datetime) -> int | None:
    """The time step whose code was typed: this one or a neighbour (clocks differ); None for a wrong code."""
    code = re.sub(r"\s", "", typed)
    if not re.fullmatch(r"[0-9]{6}", code, re.ASCII):
        return None
    now = int(moment.timestamp()) // _STEP
    codes = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(codes.at(step * _STEP), code):
            return step
    return None


def next_code(secret: str, moment: datetime, *, after: int | None) -> str | None:
    """The first code from now on that comes after step ``after``: there are 30 seconds at least to type it.

    None when every code that ``matching_step`` would take at ``moment`` is used up.
    """
    now = int(moment.timestamp()) // _STEP
    step = now if after is None else max(now, after + 1)
    return str(pyotp.TOTP(secret).at(step * _STEP)) if step <= now + 1 else None


def address_for_app(secret: str, account: str, issuer: str) -> str:
    """The ``otpauth://`` address that an authenticator app reads from a QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer))
