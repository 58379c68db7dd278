"""Products and prices, as far as the lines of a Checkout Session need them: fixed sums, paid once."""

from typing import Any

from marketplace.sandbox.settings import Settings
from marketplace.sandbox.store import objects as table

from .currencies import MOST, check_currency
from .errors import BadParameter, StripeError
from .events import record
from .objects import Body, Call, every, fresh, get, listing, lookup, now, put, save, shown
from .params import (
    EXPAND,
    PAGE,
    Decimal,
    Flag,
    Group,
    Kind,
    Many,
    Metadata,
    Text,
    Whole,
    merged,
    not_kept,
    refuse_both,
)

_ONCE = "its prices are fixed sums, paid once"
TAX = Text(choices=("exclusive", "inclusive", "unspecified"))
_SUM: dict[str, Kind] = {
    "currency": Text(required=True),
    "unit_amount": Whole(required=True, least=0, most=MOST),
    "tax_behavior": TAX,
    **not_kept("currency_options", "recurring", "unit_amount_decimal", why=_ONCE),
}
_SIZE = Group({side: Decimal(required=True) for side in ("height", "length", "weight", "width")}, clearable=True)
_PRODUCT: dict[str, Kind] = {
    "active": Flag(),
    "description": Text(clearable=True, longest=40_000),
    "images": Many(Text(), most=8),
    "metadata": Metadata(),
    "package_dimensions": _SIZE,
    "shippable": Flag(),
    "statement_descriptor": Text(clearable=True, longest=22),
    "tax_code": Text(clearable=True),
    "unit_label": Text(clearable=True, longest=12),
    "url": Text(clearable=True),
    "expand": EXPAND,
}
CREATE: dict[str, Kind] = {
    "name": Text(required=True), "id": Text(), **_PRODUCT, "default_price_data": Group(_SUM)
}  # fmt: skip
UPDATE: dict[str, Kind] = {
    "name": Text(), **_PRODUCT, "images": Many(Text(), most=8, clearable=True), "default_price": Text()
}  # fmt: skip
LIST: dict[str, Kind] = {**PAGE, "active": Flag(), "ids": Many(Text()), "shippable": Flag(), "url": Text()}

_NEW_PRODUCT = Group(
    {
        "id": Text(), "name": Text(required=True), "active": Flag(), "metadata": Metadata(),
        "statement_descriptor": Text(longest=22), "tax_code": Text(), "unit_label": Text(longest=12),
    }
)  # fmt: skip
_PRICE: dict[str, Kind] = {
    "active": Flag(),
    "lookup_key": Text(longest=200),
    "metadata": Metadata(),
    "nickname": Text(clearable=True),
    "tax_behavior": TAX,
    "transfer_lookup_key": Flag(),
    "expand": EXPAND,
}
CREATE_PRICE: dict[str, Kind] = {
    **_SUM,
    **_PRICE,
    "billing_scheme": Text(choices=("per_unit",)),
    "product": Text(),
    "product_data": _NEW_PRODUCT,
    **not_kept("custom_unit_amount", "tiers", "tiers_mode", "transform_quantity", why=_ONCE),
}
UPDATE_PRICE: dict[str, Kind] = {**_PRICE, **not_kept("currency_options", why=_ONCE)}
LIST_PRICES: dict[str, Kind] = {
    **PAGE,
    "active": Flag(),
    "currency": Text(),
    "lookup_keys": Many(Text()),
    "product": Text(),
    "type": Text(choices=("one_time", "recurring")),
    "recurring": Group(
        {
            "interval": Text(choices=("day", "month", "week", "year")),
            "usage_type": Text(choices=("licensed", "metered")),
        }
    ),
}
_WORDS = tuple(name for name in _PRODUCT if name not in ("active", "expand", "images", "metadata"))


def create(call: Call) -> Body:
    """A product, with ``default_price_data`` its price, too."""
    product = make(call, call.params)
    if "default_price_data" in call.params:
        product["default_price"] = make_price(call, {**call.params["default_price_data"], "product": product["id"]})[
            "id"
        ]
        save(call.db, product)
    return shown(product)


def make(call: Call, given: Any, *, active: bool = True) -> Body:
    """Store a product; its id may be chosen by who makes it."""
    if "id" in given and lookup(call.db, given["id"]) is not None:
        raise StripeError(400, "Product already exists.", code="resource_already_exists", param="id")
    product = fresh(
        "product", "prod",
        active=given.get("active", active), default_price=None, images=given.get("images", []),
        metadata=merged({}, given.get("metadata", {})), name=given["name"], updated=now(),
        **{name: given.get(name) for name in _WORDS},
    )  # fmt: skip
    product["id"] = given.get("id", product["id"])
    put(call, product)
    record(call, "product.created", product)
    return product


def retrieve(call: Call, ref: str) -> Body:
    """One product."""
    return shown(get(call, "product", ref))


def update(call: Call, ref: str) -> Body:
    """Change a product's words, or which of its prices is the usual one."""
    product = get(call, "product", ref)
    before = dict(product)
    chosen = call.params.get("default_price")
    if chosen is not None and get(call, "price", chosen, param="default_price", status=400)["product"] != ref:
        raise StripeError(400, f"The price {chosen} is none of the product {ref}.", param="default_price")
    for name in ("name", "active", "images", "default_price", *_WORDS):
        if name in call.params:
            product[name] = call.params[name]
    return _changed(call, "product", product, before)


def _changed(call: Call, kind: str, body: Body, before: Body) -> Body:
    if "metadata" in call.params:
        body["metadata"] = merged(body["metadata"], call.params["metadata"])
    if kind == "product":
        body["updated"] = now()
    save(call.db, body)
    record(call, f"{kind}.updated", body, before=before)
    return shown(body)


def delete(call: Call, ref: str) -> Body:
    """Forget a product that has no price."""
    product = get(call, "product", ref)
    if every(call.db, "price", product=ref):
        raise StripeError(
            400, "This product cannot be deleted because it has one or more user-created prices.", param="id"
        )
    save(call.db, {**product, "_deleted": True})
    record(call, "product.deleted", product)
    return {"id": ref, "object": "product", "deleted": True}


def list_products(call: Call) -> Body:
    """Products, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("active", "shippable", "url")}
    where = [table.c.id.in_(call.params["ids"])] if "ids" in call.params else []
    return listing(call, "product", "/v1/products", where=where, **asked)


def check_price(params: Any, _settings: Settings) -> None:
    """A price is of one product, of the one named or of a new one; raises BadParameter."""
    check_currency(params)
    refuse_both(params, "product", "product_data", param="product")
    if not {"product", "product_data"} & set(params):
        raise BadParameter(
            "You must specify either `product` or `product_data` when creating a price.", param="product"
        )


def create_price(call: Call) -> Body:
    """A fixed sum for a product."""
    return shown(make_price(call, call.params))


def make_price(call: Call, given: Any, *, active: bool = True, param: str = "product") -> Body:
    """Store a price and, when it is described and not named, its product. ``param`` is the parameter that names it."""
    if "product" in given:
        product = get(call, "product", given["product"], param=param, status=400)
    else:
        product = make(call, given["product_data"], active=active)
    price = fresh(
        "price", "price",
        active=given.get("active", active), billing_scheme="per_unit", currency=given["currency"].lower(),
        custom_unit_amount=None, lookup_key=None, metadata=merged({}, given.get("metadata", {})),
        nickname=given.get("nickname"), product=product["id"], recurring=None,
        tax_behavior=given.get("tax_behavior", "unspecified"), tiers_mode=None, transform_quantity=None,
        type="one_time", unit_amount=given["unit_amount"], unit_amount_decimal=str(given["unit_amount"]),
    )  # fmt: skip
    _take_key(call, price, given)
    put(call, price)
    record(call, "price.created", price)
    return price


def _take_key(call: Call, price: Body, given: Any) -> None:
    if "lookup_key" not in given:
        return
    for other in every(call.db, "price", lookup_key=given["lookup_key"], _account=call.account):
        if other["id"] != price["id"] and not given.get("transfer_lookup_key"):
            raise StripeError(400, f"A price (`{other['id']}`) already uses that lookup key.", param="lookup_key")
        save(call.db, {**other, "lookup_key": None})
    price["lookup_key"] = given["lookup_key"]


def retrieve_price(call: Call, ref: str) -> Body:
    """One price."""
    return shown(get(call, "price", ref, param="price"))


def update_price(call: Call, ref: str) -> Body:
    """Change a price's words; never its sum."""
    price = get(call, "price", ref, param="price")
    before = dict(price)
    _take_key(call, price, call.params)
    for name in ("active", "nickname", "tax_behavior"):
        if name in call.params:
            price[name] = call.params[name]
    return _changed(call, "price", price, before)


def list_prices(call: Call) -> Body:
    """Prices, newest first."""
    asked: dict[str, Any] = {name: call.params.get(name) for name in ("active", "currency", "product", "type")}
    if "lookup_keys" in call.params:
        asked["lookup_key"] = call.params["lookup_keys"]
    return listing(call, "price", "/v1/prices", **asked)


def price_of(call: Call, line: Any, at: int) -> Body:
    """The price of a session's line: the one it names, or one made of its ``price_data``. Raises StripeError."""
    param = f"line_items[{at}][price]"
    if "price_data" in line:
        return make_price(call, line["price_data"], active=False, param=f"line_items[{at}][price_data][product]")
    price = get(call, "price", line["price"], param=param, status=400)
    if not price["active"]:
        raise StripeError(400, "The price specified is inactive. This field only accepts active prices.", param=param)
    return price
