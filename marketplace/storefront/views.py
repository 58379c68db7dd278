"""Doors: the first page, the list, a product's page."""

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from marshmallow import EXCLUDE, ValidationError

from marketplace.catalogue.models import Product
from marketplace.core.db import change_mark
from marketplace.core.money import format_dong
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage
from marketplace.files.serving import picture_url
from marketplace.ocop.models import ProductGroup
from marketplace.ocop.words import GROUPS
from marketplace.places.queries import place_choice
from marketplace.producers.words import KINDS
from marketplace.storefront import home_sections
from marketplace.storefront.changes import product_mark, shelf_mark
from marketplace.storefront.listing import (
    Card,
    Filters,
    Sort,
    count_by_group_and_province,
    list_products,
    newest_recognised,
)
from marketplace.storefront.product import get_product_page
from marketplace.storefront.schemas import FiltersIn, filters_of
from marketplace.storefront.tiles import TILES
from marketplace.trace.words import LINK_TONES, say_state
from marketplace.web import messages
from marketplace.web.access import PUBLIC, allow
from marketplace.web.forms import in_words
from marketplace.web.navigation import MenuItem, add
from marketplace.web.remembering import remember

blueprint = Blueprint("storefront", __name__)
add(MenuItem(_l("Products"), "storefront.products", position=10, icon="basket"))

SORTS = {
    Sort.NEWEST: _l("Newest"),
    Sort.PRICE_UP: _l("Price, low to high"),
    Sort.PRICE_DOWN: _l("Price, high to low"),
    Sort.STARS: _l("Most stars"),
    Sort.NAME: _l("Name A to Z"),
}

#: The drawing for a product of each group that has no picture yet.
GROUP_ICONS = {
    ProductGroup.FOOD: "basket",
    ProductGroup.DRINK: "cup-hot",
    ProductGroup.HERBAL: "flower1",
    ProductGroup.HANDICRAFT: "brush",
    ProductGroup.ORNAMENTAL: "tree",
    ProductGroup.TOURISM: "house-heart",
}


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "groups": GROUPS,
        "kinds": KINDS,
        "group_icons": GROUP_ICONS,
        "picture_url": picture_url,
        "slug_of": _slug,
    }


@blueprint.get("/")
@remember(by=change_mark)
@allow(PUBLIC)
def home() -> ResponseReturnValue:
    """Search, what was recognised last, the six groups, the provinces, and what other rooms add."""
    return render_template(
        "storefront/home.html",
        newest=newest_recognised(),
        counts=count_by_group_and_province(),
        tiles=TILES,
        sections=home_sections.sections(),
    )


@blueprint.get("/products")
@remember(by=shelf_mark)
@allow(PUBLIC)
def products() -> ResponseReturnValue:
    """The list, narrowed and ordered by the address; what cannot be read there narrows nothing.

    Words that cannot be searched for are refused beside their field and stay there: everything is no answer to them.
    """
    filters, problems = _readable_filters()
    nothing: NumberedPage[Card] = NumberedPage([], 1, DEFAULT_LIMIT, 0)
    choice = place_choice(filters.province, filters.commune)
    page = render_template(
        "storefront/products.html",
        page=nothing if problems else list_products(filters, page=_page_number()),
        filters=filters,
        typed=request.args.get("q", "") if problems else filters.q,
        problems=problems,
        choice=choice,
        sorts=SORTS,
        chips=_chips(filters, choice),
    )
    return page, 422 if problems else 200


@blueprint.get("/products/<int:product_id>-<slug>")
@remember(by=lambda product_id, slug: product_mark(product_id))
@allow(PUBLIC)
def product(product_id: int, slug: str) -> ResponseReturnValue:
    """One product; an outdated name in the address leads to the present one."""
    page = get_product_page(product_id)
    if slug != _slug(page.product):
        return redirect(url_for("storefront.product", product_id=product_id, slug=_slug(page.product)), 301)
    reasons = [messages.say(reason.code, "conflict", **reason.facts) for reason in page.reasons]
    return render_template(
        "storefront/product.html",
        page=page,
        product=page.product,
        reasons=reasons,
        link_states={checked.link.id: say_state(checked) for checked in page.links},
        link_tones=LINK_TONES,
        public_url=current_app.config["PUBLIC_URL"],
    )


@blueprint.get("/products/<int:product_id>")
@allow(PUBLIC)
def short_product(product_id: int) -> ResponseReturnValue:
    """The short address of a product."""
    found = get_product_page(product_id).product
    return redirect(url_for("storefront.product", product_id=product_id, slug=_slug(found)), 301)


def _slug(found: Product | Card) -> str:
    """The name in the address; a name without a letter still has a page."""
    return found.slug or "ocop"


def _readable_filters() -> tuple[Filters, list[str]]:
    """What can be read of the address, and in words what is wrong with the words to search for."""
    typed: dict[str, Any] = request.args.to_dict(flat=False)
    schema = FiltersIn(unknown=EXCLUDE)
    try:
        return filters_of(schema.load(typed)), []
    except ValidationError as error:
        readable = {name: value for name, value in typed.items() if name not in error.messages_dict}
        return filters_of(schema.load(readable)), [in_words(code) for code in error.messages_dict.get("q", [])]


def _page_number() -> int:
    typed = request.args.get("page", "1")
    return min(int(typed), 10_000) if typed.isascii() and typed.isdecimal() and int(typed) > 0 else 1


def _chips(filters: Filters, choice: Any) -> list[tuple[str, dict[str, None]]]:
    """What the list is narrowed to, in words, each with the query values that undo it."""
    chips: list[tuple[str, dict[str, None]]] = []
    if filters.q:
        chips.append((f"“{filters.q}”", {"q": None}))
    if filters.stars:
        chips.append((", ".join(f"{stars} ★" for stars in sorted(filters.stars)), {"stars": None}))
    if filters.group is not None:
        chips.append((str(GROUPS[filters.group]), {"group": None}))
    if filters.commune and choice.commune:
        chips.append((choice.commune.full_name, {"commune": None}))
    if filters.province and choice.province:
        chips.append((choice.province.name, {"province": None, "commune": None}))
    if filters.kind is not None:
        chips.append((str(KINDS[filters.kind]), {"kind": None}))
    if filters.price_from is not None or filters.price_to is not None:
        ends = (filters.price_from, filters.price_to)
        shown = " – ".join("…" if end is None else format_dong(end) for end in ends)
        chips.append((shown, {"price_from": None, "price_to": None}))
    return chips
