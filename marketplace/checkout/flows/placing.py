"""Placing an order: T1 in one transaction, then the gateway outside any (steps T1, G and T2 of a payment)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from marketplace.audit import services as audit
from marketplace.cart import queries as carts
from marketplace.cart import services as cart_services
from marketplace.cart.queries import CartView
from marketplace.checkout import goods, queries, services
from marketplace.checkout.announcing import announce
from marketplace.checkout.errors import CartChanged, CartNotReady, GoodsGone, KeyReused
from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.orders import queries as orders
from marketplace.orders import services as order_services
from marketplace.orders.models import Order, OrderState, PaymentMethod
from marketplace.orders.services import Asked, Delivery, Wanted
from marketplace.payments import flows as payment_flows
from marketplace.payments import services as payments
from marketplace.payments.models import PaymentState


@dataclass(frozen=True)
class Terms:
    """What the house promises: how long unpaid goods are held; and the key that secrets of orders are made with."""

    hold: timedelta
    secret_key: str
    #: The address to which a bank sends the buyer back, by number and secret of the order.
    return_address: Callable[[str, str], str]


@dataclass(frozen=True)
class Wish:
    """An order as asked for. ``key`` is the one-time key, ``quote`` the mark of the cart that the buyer saw."""

    key: str
    cart_id: int
    delivery: Delivery
    payment_method: PaymentMethod
    card: str
    quote: str
    user_id: int | None
    locale: str

    @property
    def content(self) -> str:
        """SHA-256 over what is asked for: the same key with another content is refused (S6)."""
        delivery = {name: value for name, value in asdict(self.delivery).items() if value or name != "contact_email"}
        asked = {**delivery, "method": self.payment_method, "card": self.card, "quote": self.quote}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Placed:
    """An order and the secret that opens its page for whoever has the link."""

    order: Order
    secret: str


def place_order(wish: Wish, terms: Terms) -> Placed:
    """Place the order of a cart: T1 in one transaction, then the gateway.

    Sent twice, even at once, it is one order (P02). Raises ``KeyReused`` for another content under the same key,
    ``CartChanged`` when a price, fee or quantity is not what the buyer saw, ``CartNotReady``, ``GoodsGone`` (P01).
    Refused means that nothing was written. A gateway that does not answer leaves an order to be paid later.
    """
    secret = secret_of(_stored_key(wish.key), terms.secret_key)
    order_id = retrying(lambda: _write_order(wish, secret, terms.hold))
    order = orders.get_order(order_id)
    if wish.card:
        _charge(order, wish.card, terms.return_address(order.number, secret))
        order = orders.get_order(order_id)
    return Placed(order, secret)


def pay_by_card(order_id: int, card: str, return_address: str) -> None:
    """Try to pay a waiting order with (another) card: a new payment, then the gateway.

    Raises ``Conflict`` (``order_not_payable``) when the order is not waiting for money any more.
    """
    retrying(lambda: _open_again(order_id))
    _charge(orders.get_order(order_id), card, return_address)


def pay_by_transfer(order_id: int, *, actor_id: int | None) -> None:
    """Let a waiting order that was to be paid by card be paid by a VietQR transfer until the same deadline.

    An open card payment is given up; should its money come all the same, it pays the order or goes back, as any late
    money. A second call changes nothing. Raises ``Conflict`` (``order_not_payable``) when the order does not wait.
    """
    retrying(lambda: _change_to_transfer(order_id, actor_id))


def _write_order(wish: Wish, secret: str, hold: timedelta) -> int:
    with transaction():
        cart = cart_services.lock_cart(wish.cart_id)
        known = orders.find_by_key(_stored_key(wish.key))
        if known is not None:
            if known.request_hash != wish.content:
                raise KeyReused
            return known.id
        moment = clock.now()
        wanted = _checked(carts.view_of(cart, moment), wish.quote)
        prepaid = wish.payment_method is not PaymentMethod.CASH_ON_DELIVERY
        hold_until = moment + hold if prepaid else None
        asked = Asked(_stored_key(wish.key), wish.content, secret, wish.payment_method, wish.user_id, wish.locale)
        order = order_services.place(asked, wish.delivery, wanted, hold_until=hold_until)
        goods.hold(goods.lines_of(order.sub_orders), until=hold_until)
        services.open_payments(order)
        cart_services.empty(cart)
        services.drop_draft(cart)
        announce(order, "placed", actor_id=wish.user_id, total=order.total, method=order.payment_method)
        return order.id


def _open_again(order_id: int) -> None:
    with transaction():
        order = _locked_waiting(order_id)
        if order.payment_method is not PaymentMethod.CARD:
            raise Conflict("order_not_payable")
        if not queries.list_open_payments(order):
            services.open_payments(order)


def _change_to_transfer(order_id: int, actor_id: int | None) -> None:
    with transaction():
        order = _locked_waiting(order_id)
        if order.payment_method is PaymentMethod.VIETQR:
            return
        for payment in queries.list_open_payments(order):
            payments.cancel(payment)
        order_services.change_payment_method(order, PaymentMethod.VIETQR)
        services.open_payments(order)
        audit.record("order.by_transfer", object_type="order", object_id=order.number, actor_id=actor_id)


def _locked_waiting(order_id: int) -> Order:
    """The order under its lock, its payments locked before it. Raises ``Conflict`` (``order_not_payable``)."""
    services.lock_payments(order_id)
    order = order_services.lock_order(order_id)
    if order.state is not OrderState.AWAITING_PAYMENT or orders.is_overdue(order, clock.now()):
        raise Conflict("order_not_payable")
    return order


def _charge(order: Order, card: str, return_address: str) -> None:
    """Ask the gateway (G, T2). No answer and a declined card leave the order waiting: its page says what to do."""
    for payment in queries.list_open_payments(order):
        if payment.state is PaymentState.CREATED:
            payment_flows.start(payment, payment_method=card, return_url=return_address)


def _checked(cart: CartView, quote: str) -> list[Wanted]:
    """The lines to order, once they are what the buyer saw and can all be bought."""
    for line in cart.lines:
        if line.is_short or [reason.code for reason in line.reasons] == ["out_of_stock"]:
            raise GoodsGone(pack_id=line.pack.id, product=line.pack.product.name, left=line.available)
    if not cart.can_check_out:
        raise CartNotReady
    if not hmac.compare_digest(cart.quote, quote):
        raise CartChanged
    return [Wanted(line.offer, line.quantity) for line in cart.lines if line.offer]


def _stored_key(key: str) -> str:
    return hashlib.sha256(f"order-key:{key}".encode()).hexdigest()


def secret_of(stored_key: str, secret_key: str) -> str:
    """The secret of an order's link, from the key that is stored with it and the house's own, which is stored nowhere.

    The same key gives the same secret, so that a form sent twice and a letter lead to the same page.
    """
    digest = hmac.new(secret_key.encode(), f"order-secret:{stored_key}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()
