"""The door to published pictures. Evidence has no door here: the room that it belongs to knows who may see it."""

import re

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from marketplace.files import queries, serving
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("files", __name__)

_NAME = re.compile(r"([0-9a-f]{64})(-480)?\.(jpg|webp)", re.ASCII)


@blueprint.get("/files/<name>")
@allow(PUBLIC)
def show(name: str) -> ResponseReturnValue:
    """A product picture by the hash of its content (``<sha256>.jpg``), with ``-480`` its small copy."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        abort(404)
    file = queries.get_public_picture(parts[1])
    if parts[3] != file.extension:
        abort(404)
    return serving.send_picture(file, small=parts[2] is not None)
