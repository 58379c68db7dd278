"""Addresses and forms are UTF-8 without NUL, and JSON is nested no deeper than a program can read.

Other bytes are refused, because Werkzeug would keep them as percent signs in the text; NUL, because PostgreSQL has no
text with it.
"""

import json
from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import BadRequest

_FORM = "application/x-www-form-urlencoded"
#: So many opening brackets are read in vain at most: the interpreter gives up nesting later than that.
_SHALLOW = 200


def register(app: Flask) -> None:
    """Look at every address and form before anything reads it."""
    app.before_request(_refuse_other_bytes)
    app.before_request(_refuse_depth)


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


def _refuse_depth() -> None:
    """JSON that is nested without end is a caller's fault, not ours."""
    if not request.is_json:
        return
    sent = request.get_data(cache=True)
    if sent.count(b"[") + sent.count(b"{") <= _SHALLOW:
        return
    try:
        json.loads(sent)
    except RecursionError as error:
        raise BadRequest from error
    except ValueError:
        return  # its reader says what is wrong with it
