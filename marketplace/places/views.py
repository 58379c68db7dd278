"""The page on which a person finds a commune: province first, then commune, or by any name it has had."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from marketplace.core.errors import Invalid
from marketplace.core.text import clean
from marketplace.places import queries, search
from marketplace.places.models import Level
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("places", __name__, url_prefix="/places")


@blueprint.get("/communes")
@allow(PUBLIC)
def communes() -> ResponseReturnValue:
    """Choose province and commune, or search a present or former name.

    Query: ``province``, ``commune`` (codes), ``q``, and ``back``: the page of this site that wants the commune;
    each commune then leads there with ``commune=<code>``.
    """
    asked = request.args
    try:
        query = clean(asked.get("q", ""))[:120]
    except Invalid:
        query = ""
    return render_template(
        "places/communes.html",
        choice=queries.place_choice(asked.get("province"), asked.get("commune")),
        query=query,
        hits=search.search_places(query, level=Level.COMMUNE) if query else [],
        back=_own_page(asked.get("back", "")),
    )


def _own_page(target: str) -> str:
    """``target`` when it is a path of this site, else an empty string."""
    is_own = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_own else ""
