"""Who a webhook comes from: HMAC-SHA256 over ``<time>.<raw body>``, checked in constant time, fresh on both sides."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

#: A message older or younger than this many seconds is a replay or a wrong clock.
TOLERANCE: Final = 300
_MOST_SIGNATURES = 10
_MOMENT = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


class BadSignature(Exception):
    """Not proven to come from who it says; the message says what was wrong, for the log."""


def check_stripe(header: str, body: bytes, *, secrets: Iterable[str], now: datetime) -> None:
    """Check ``Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>…]``; other schemes are passed over.

    Any of ``secrets`` may have signed (two are valid while one replaces the other). Hex is lower-case.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    moments = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not 0 < len(given) <= _MOST_SIGNATURES:
        raise BadSignature("malformed header")
    _check(moments[0], given, body, secrets=secrets, now=now)


def check_bank(moment: str, signature: str, body: bytes, *, secrets: Iterable[str], now: datetime) -> None:
    """Check ``X-Bank-Timestamp: <unix>`` and ``X-Bank-Signature: sha256=<hex>``."""
    scheme, _, given = signature.partition("=")
    if scheme != "sha256":
        raise BadSignature("malformed header")
    _check(moment, [given], body, secrets=secrets, now=now)


def _check(moment: str, given: list[str], body: bytes, *, secrets: Iterable[str], now: datetime) -> None:
    if not _MOMENT.fullmatch(moment) or not all(_HEX.fullmatch(one) for one in given):
        raise BadSignature("malformed header")
    if abs(now.timestamp() - int(moment)) > TOLERANCE:
        raise BadSignature("not fresh")
    signed = moment.encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets if secret]
    if not any(hmac.compare_digest(one, right) for one in given for right in expected):
        raise BadSignature("wrong signature")
