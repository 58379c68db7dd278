"""Orders for programs: place one from a cart, look at it, list the own ones."""

from typing import Any

from flask.views import MethodView
from flask_babel import get_locale

from marketplace.cart import visitor
from marketplace.checkout import flows, queries, services
from marketplace.checkout.api.blueprint import blueprint, one_time_key
from marketplace.checkout.flows import Wish
from marketplace.checkout.schemas import OrderIn, OrderListOut, OrderOut, OrderQuery, PlacedOrderOut
from marketplace.checkout.terms import terms
from marketplace.core.paging import PageQuery
from marketplace.orders import queries as orders
from marketplace.orders.models import Order
from marketplace.payments import qr
from marketplace.payments.models import Payment, PaymentState, Rail
from marketplace.web import auth
from marketplace.web.access import PUBLIC, SIGNED_IN, allow


@blueprint.route("/orders")
class Orders(MethodView):
    """Orders."""

    @allow(PUBLIC)
    @blueprint.arguments(OrderIn)
    @blueprint.response(201, PlacedOrderOut)
    def post(self, typed: dict[str, Any]) -> dict[str, Any]:
        """Place the order of the cart in `X-Cart-Token` (or of the own cart).

        Send a random `Idempotency-Key`: the same key and body again answers with the same order, another body under
        it with 422. `quote` is that of `GET /cart`; when the cart costs something else by now, 409 `cart_changed`.
        """
        cart, user = visitor.cart_of_program(), auth.current_user()
        wish = Wish(
            key=f"api:{cart.id}:{one_time_key()}",
            cart_id=cart.id,
            delivery=services.read_delivery(typed),
            payment_method=typed["payment_method"],
            card=typed["card"],
            quote=typed["quote"],
            user_id=user.id if user else None,
            locale=str(get_locale() or "vi"),
        )
        placed = flows.place_order(wish, terms())
        return {"order": placed.order, "key": placed.secret, "payment": _how_to_pay(placed.order)}

    @allow(SIGNED_IN)
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, OrderListOut)
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The own orders, newest first."""
        page = orders.page_of_buyer(auth.require_user().id, before=asked.get("after"), limit=asked["limit"])
        return {"items": page.items, "next": page.next}


@blueprint.route("/orders/<number>")
@allow(PUBLIC)
class OrderResource(MethodView):
    """One order."""

    @blueprint.arguments(OrderQuery, location="query")
    @blueprint.response(200, OrderOut)
    def get(self, asked: dict[str, Any], number: str) -> Order:
        """An order by its number and `key`, or an own one."""
        user = auth.current_user()
        return orders.get_order_for(number, user_id=user.id if user else None, secret=asked["key"])


def _how_to_pay(order: Order) -> dict[str, Any]:
    """State and, for a transfer, what to transfer: amount in dong, code for the memo, account, VietQR text."""
    payment = queries.newest_payment(order)
    if payment is None:
        return {}
    shown: dict[str, Any] = {"state": payment.state.value, "amount": payment.amount, "received": payment.received}
    return {**shown, **_transfer(payment)} if payment.rail is Rail.VIETQR else shown


def _transfer(payment: Payment) -> dict[str, Any]:
    facts = {"code": payment.transfer_code, "bin": payment.payee_bin, "account": payment.payee_account}
    is_open = payment.state in (PaymentState.PENDING, PaymentState.PARTIALLY_FUNDED)
    return {**facts, "vietqr": qr.payload(payment)} if is_open else facts
