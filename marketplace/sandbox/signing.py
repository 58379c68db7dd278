"""How outgoing messages are signed: Stripe's scheme for events, the bank's own for notices."""

import hashlib
import hmac


def hexdigest(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over ``<timestamp>.<raw body>`` in hex: both schemes are built on it."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def stripe_headers(secrets: list[str], timestamp: int, body: bytes) -> dict[str, str]:
    """``Stripe-Signature: t=...,v1=...`` with one v1 for each valid secret."""
    signatures = [f"v1={hexdigest(secret, timestamp, body)}" for secret in secrets]
    return {"Stripe-Signature": ",".join([f"t={timestamp}", *signatures])}


def bank_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """``X-Bank-Timestamp`` and ``X-Bank-Signature: sha256=...`` of a bank notice."""
    return {
        "X-Bank-Timestamp": str(timestamp),
        "X-Bank-Signature": f"sha256={hexdigest(secret, timestamp, body)}",
    }
