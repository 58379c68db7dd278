"""The JSON that a caller sent, whatever it is."""

from typing import Any

from flask import request


def sent_json() -> Any:
    """The body as JSON, or None when it is none, or none that anybody would nest so deeply."""
    try:
        return request.get_json(silent=True)
    except RecursionError:
        return None
