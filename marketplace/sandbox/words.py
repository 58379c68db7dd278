"""The sandbox's words: English in code, Vietnamese from the catalogue ``sandbox.po``, chosen by each request."""

from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import g

_CATALOGUE = Path(__file__).resolve().parent.parent / "translations" / "vi" / "LC_MESSAGES" / "sandbox.po"


@cache
def _vietnamese() -> Catalog:
    with _CATALOGUE.open("rb") as text:
        return read_po(text, locale="vi")


def gettext(message: str, **facts: object) -> str:
    """``message`` in the reader's language, with ``%(name)s`` places filled in."""
    said = message
    if g.get("language") == "vi" and (found := _vietnamese().get(message)):
        said = str(found.string)
    return said % facts if facts else said
