"""The cart for programs: make one, keep its secret token, send it as ``X-Cart-Token``."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.cart import queries, services, visitor
from marketplace.cart.queries import CartView
from marketplace.cart.schemas import CartOut, ItemIn, NewCartOut, QuantityIn
from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("cart_api", __name__, description="A cart over several producers")


@blueprint.route("/cart")
@allow(PUBLIC)
class CartResource(MethodView):
    """The whole cart."""

    @blueprint.response(201, NewCartOut)
    def post(self) -> dict[str, str]:
        """Begin an empty cart. Its token is told once."""
        with transaction():
            return {"token": services.start_cart().token}

    @blueprint.response(200, CartOut)
    def get(self) -> CartView:
        """The cart of `X-Cart-Token`, else the own one of who is signed in."""
        return _view()


@blueprint.route("/cart/items")
@allow(PUBLIC)
class CartItems(MethodView):
    """What lies in the cart."""

    @blueprint.arguments(ItemIn)
    @blueprint.response(200, CartOut)
    def post(self, item: dict[str, Any]) -> CartView:
        """Add a pack.

        409 `cart_stock_short` with `left` when there are too few, 409 `pack_not_sold` when it is not on sale.
        """

        def write() -> None:
            with transaction():
                services.add(visitor.cart_of_program(), item["pack_id"], item["quantity"])

        retrying(write)
        return _view()


@blueprint.route("/cart/items/<int:pack_id>")
@allow(PUBLIC)
class CartItemResource(MethodView):
    """One pack in the cart."""

    @blueprint.arguments(QuantityIn)
    @blueprint.response(200, CartOut)
    def put(self, wanted: dict[str, Any], pack_id: int) -> CartView:
        """Set how many are wanted; 0 takes it out."""
        with transaction():
            cart = visitor.cart_of_program()
            if wanted["quantity"]:
                services.change(cart, pack_id, wanted["quantity"])
            else:
                services.remove(cart, pack_id)
        return _view()

    @blueprint.response(200, CartOut)
    def delete(self, pack_id: int) -> CartView:
        """Take it out."""
        with transaction():
            services.remove(visitor.cart_of_program(), pack_id)
        return _view()


@blueprint.route("/cart/age-confirmation")
@allow(PUBLIC)
class AgeConfirmation(MethodView):
    """The buyer's word to be 18 or older; alcohol is not sold without it."""

    @blueprint.response(200, CartOut)
    def post(self) -> CartView:
        """Confirm."""
        with transaction():
            services.confirm_age(visitor.cart_of_program())
        return _view()


def _view() -> CartView:
    return queries.view_of(visitor.cart_of_program(), clock.now())
