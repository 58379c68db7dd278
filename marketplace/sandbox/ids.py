"""Names of things: Stripe-like ids, bank references, secrets."""

import secrets
import string
import time

_LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """``pi_`` and friends: a prefix and random letters and digits."""
    return f"{prefix}_{random_text(length)}"


def random_text(length: int) -> str:
    """Letters and digits nobody can guess."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def bank_reference() -> str:
    """A reference as Vietnamese banks write them: FT, day of the year and digits; unique in the journal."""
    return f"FT{time.strftime('%y%j')}{secrets.randbelow(10**10):010d}"
