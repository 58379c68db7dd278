"""Addresses and forms are UTF-8 without NUL.

Other bytes are refused, because Werkzeug would keep them as percent signs in the text; NUL, because PostgreSQL has no
text with it.
"""

from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import BadRequest

_FORM = "application/x-www-form-urlencoded"


def register(app: Flask) -> None:
    """Look at every address and form before anything reads it."""
    app.before_request(_refuse_other_bytes)


def _refuse_other_bytes() -> None:
    parts = [request.query_string]
    if request.mimetype == _FORM and (request.content_length or 0) <= (request.max_form_memory_size or 0):
        parts.append(request.get_data(cache=True))
    try:
        texts = [request.path, *(unquote_to_bytes(part).decode() for part in parts)]
    except UnicodeDecodeError as error:
        raise BadRequest from error
    if any("\x00" in text for text in texts):
        raise BadRequest
