"""Places for programs: lists, search by present or former name, and what became of a unit."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.places import queries, search
from marketplace.places.models import VINTAGE_2025
from marketplace.places.queries import PlaceDetail
from marketplace.places.schemas import PlaceDetailOut, PlaceListOut, PlaceQuery, VintageQuery
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("places_api", __name__, description="Provinces and communes, then and now")


@blueprint.route("/places")
@allow(PUBLIC)
class Places(MethodView):
    """All places of a vintage, or those with a name."""

    @blueprint.arguments(PlaceQuery, location="query")
    @blueprint.response(200, PlaceListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """List places, or search them with `q`.

        A search of today's places (`vintage` 2025-07) also finds former names: the answer is the present unit, with
        the former one in `formerly`. A search is one page: narrow it by `level` and `parent` instead of turning pages.
        """
        level, vintage, limit = asked.get("level"), asked["vintage"], asked["limit"]
        if "q" not in asked:
            page = queries.list_units(
                vintage=vintage, level=level, parent=asked.get("parent"), after=asked.get("after"), limit=limit
            )
            return {"items": page.items, "next": page.next}
        if vintage != VINTAGE_2025:
            found = search.search_vintage(asked["q"], vintage=vintage, level=level, limit=limit)
            return {"items": found, "next": None}
        hits = search.search_places(asked["q"], level=level, province=asked.get("parent"), limit=limit)
        return {"items": hits, "next": None}


@blueprint.route("/places/<code>")
@allow(PUBLIC)
class Place(MethodView):
    """One place."""

    @blueprint.arguments(VintageQuery, location="query")
    @blueprint.response(200, PlaceDetailOut)
    def get(self, asked: dict[str, Any], code: str) -> PlaceDetail:
        """A place with the present units that hold it, the former ones that it was made of, and later changes."""
        return queries.describe(queries.get_unit_by_code(code, vintage=asked["vintage"]))
