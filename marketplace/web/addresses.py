"""Numbers in addresses are ids of rows, and these have 64 bits: a longer number names nothing."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

_HIGHEST_ID = 2**63 - 1


class RowNumber(IntegerConverter):
    """``<int:…>`` of every route: what no row can have as its id is not found before a database is asked."""

    def __init__(self, map: Map, *arguments: Any, **options: Any) -> None:  # noqa: A002  # Werkzeug's own name
        options.setdefault("max", _HIGHEST_ID)
        super().__init__(map, *arguments, **options)


def register(app: Flask) -> None:
    """Read numbers in addresses this way. Call before the first route is made."""
    app.url_map.converters["int"] = RowNumber
