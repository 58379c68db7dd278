"""Numbers in addresses are ids of rows or of pages. Ids have 64 bits: a longer number names nothing."""

from typing import Any

from flask import Flask, request
from werkzeug.routing import IntegerConverter, Map

_HIGHEST_ID = 2**63 - 1
_HIGHEST_PAGE = 10_000


class RowNumber(IntegerConverter):
    """``<int:…>`` of every route: what no row can have as its id is not found before a database is asked."""

    def __init__(self, map: Map, *arguments: Any, **options: Any) -> None:  # noqa: A002  # Werkzeug's own name
        options.setdefault("max", _HIGHEST_ID)
        super().__init__(map, *arguments, **options)


def asked_id(name: str) -> int | None:
    """The id of a row in the query (``?done=7``); None where there is none or what stands there can be no id."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 < number <= _HIGHEST_ID else None


def asked_page() -> int:
    """The number of the page in the query (``?page=2``): from 1 to 10.000, 1 where it is unreadable."""
    return min(max(request.args.get("page", 1, type=int), 1), _HIGHEST_PAGE)


def register(app: Flask) -> None:
    """Read numbers in addresses this way. Call before the first route is made."""
    app.url_map.converters["int"] = RowNumber
