"""What the doors for programs hang on, and the key under which one act is done once."""

import re

from flask import request
from flask_smorest import Blueprint

from marketplace.core.errors import Invalid

blueprint = Blueprint("orders_api", __name__, description="Orders over several producers, and what comes back of them")

KEY_HEADER = "Idempotency-Key"


def one_time_key() -> str:
    """The caller's one-time key. Raises ``Invalid`` (``idempotency_key_missing``)."""
    key = request.headers.get(KEY_HEADER, "")
    if not re.fullmatch(r"[\x21-\x7e]{16,64}", key):
        raise Invalid("idempotency_key_missing")
    return key
