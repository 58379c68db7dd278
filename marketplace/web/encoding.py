"""Forms are UTF-8. Other bytes are refused, because Werkzeug would keep them as percent signs in the text."""

from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import BadRequest

_FORM = "application/x-www-form-urlencoded"


def register(app: Flask) -> None:
    """Look at every form and query before anything reads it."""
    app.before_request(_refuse_other_bytes)


def _refuse_other_bytes() -> None:
    parts = [request.query_string]
    if request.mimetype == _FORM and (request.content_length or 0) <= (request.max_form_memory_size or 0):
        parts.append(request.get_data(cache=True))
    try:
        for part in parts:
            unquote_to_bytes(part).decode()
    except UnicodeDecodeError as error:
        raise BadRequest from error
