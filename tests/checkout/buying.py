"""Buyers for tests: one that fills in the pages, one that calls the flow; and the bank that reports transfers."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.cart import services as carts
from marketplace.cart.queries import view_of
from marketplace.checkout import flows, queries
from marketplace.checkout.flows import Placed, Terms, Wish
from marketplace.checkout.models import Earning
from marketplace.checkout.queries.earnings import is_due
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.orders.models import Order, PaymentMethod, SubOrder
from marketplace.orders.services import Delivery
from marketplace.payments import services as payments
from marketplace.payments.models import BankReceipt, Payment
from marketplace.payments.movements import Movement
from marketplace.payments.services import Recorded
from marketplace.places.models import AdminUnit
from marketplace.places.queries import get_unit_by_code
from tests.factories.places import load_small_country
from tests.signing_in import post_form

THOAI_SON = "30682"
TYPED = {
    "contact_name": "Nguyễn Thị Lan",
    "contact_phone": "0912 345 678",
    "province": "91",
    "commune": THOAI_SON,
    "address_line": "12 đường Nguyễn Huệ, ấp Đông Sơn",
    "note": "Gọi trước khi giao",
}
TERMS = Terms(
    hold=timedelta(minutes=30),
    secret_key="test",
    return_address="http://127.0.0.1/orders/{}/return?key={}".format,
)
_serial = count(1)


def prepare_country() -> None:
    """Places to deliver to. Inside a transaction."""
    load_small_country()


def order(
    packs: Mapping[int, int],
    method: PaymentMethod = PaymentMethod.VIETQR,
    *,
    card: str = "",
    user_id: int | None = None,
) -> Order:
    """An order of so many of each pack, placed by the flow."""
    return flows.place_order(wish(packs, method, card=card, user_id=user_id), TERMS).order


def wish(
    packs: Mapping[int, int],
    method: PaymentMethod = PaymentMethod.VIETQR,
    *,
    card: str = "",
    user_id: int | None = None,
    key: str = "",
) -> Wish:
    """What a buyer with these packs in the cart asks for, with the price seen now."""
    with transaction():
        commune: AdminUnit = get_unit_by_code(THOAI_SON)
        cart = carts.start_cart()
        for pack_id, quantity in packs.items():
            carts.add(cart, pack_id, quantity)
        return Wish(
            key=key or f"key-{next(_serial)}",
            cart_id=cart.id,
            delivery=Delivery("Nguyễn Thị Lan", "+84912345678", commune.id, "12 Nguyễn Huệ"),
            payment_method=method,
            card=card,
            quote=view_of(cart, clock.now()).quote,
            user_id=user_id,
            locale="vi",
        )


def wishes(packs: Mapping[int, int], times: int) -> list[Wish]:
    """The same wish of so many buyers, each with a cart and a key of the own; quicker than one after the other."""
    first = wish(packs)
    made = [first]
    with transaction():
        for _ in range(times - 1):
            cart = carts.start_cart()
            for pack_id, quantity in packs.items():
                carts.add(cart, pack_id, quantity)
            made.append(replace(first, key=f"key-{next(_serial)}", cart_id=cart.id))
    return made


def payment_of(placed: Order | Placed) -> Payment:
    """The newest payment of an order."""
    found = queries.newest_payment(placed.order if isinstance(placed, Placed) else placed)
    assert found is not None
    return found


def transfer(
    payment: Payment, amount: int | None = None, *, reference: str = "", at: datetime | None = None
) -> Recorded:
    """The bank reports a transfer for a payment: its amount unless another is given, sent now or ``at``."""
    number = next(_serial)
    values: dict[str, Any] = {"payer_name": "NGUYEN THI LAN", "payer_account": "0123456789"}
    movement = Movement(
        id=f"bn_{number}",
        bank_reference=reference or f"FT{number}",
        bin=str(payment.payee_bin),
        account=str(payment.payee_account),
        direction="in",
        amount=Dong(payment.amount if amount is None else amount),
        currency="VND",
        memo=str(payment.transfer_code),
        transacted_at=at or clock.now(),
        **values,
    )
    with transaction():
        return payments.record_receipt(movement)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def add(client: FlaskClient, pack_id: int, quantity: int = 1) -> None:
    """Put a pack into this browser's cart."""
    answer = post_form(client, "/cart/items", {"pack_id": pack_id, "quantity": str(quantity)})
    assert answer.status_code == 303, answer.text


def fill_in(client: FlaskClient, method: str = "vietqr", **changes: str) -> dict[str, str]:
    """Send the delivery step, open the payment step, and return what its form would send."""
    answer = post_form(client, "/checkout/delivery", TYPED)
    assert (answer.status_code, answer.location) == (303, "/checkout/payment"), answer.text
    page = client.get("/checkout/payment").text
    names = ("idempotency_key", "quote", "contact_name", "contact_phone", "commune", "address_line", "note")
    return {**{name: hidden(page, name) for name in names}, "payment_method": method, **changes}


def buy(client: FlaskClient, method: str = "vietqr", **changes: str) -> TestResponse:
    """From a filled cart to the answer of "place the order"."""
    return post_form(client, "/checkout/payment", fill_in(client, method, **changes))


def number_in(location: str) -> str:
    """The order's number in an address."""
    found = re.search(r"OC-[2-9A-HJKMNP-Z]{8}", location)
    assert found, location
    return found[0]


def take_back(reference: str) -> None:
    """The bank takes a transfer back."""
    receipt = db.session.scalars(select(BankReceipt).where(BankReceipt.bank_reference == reference)).one()
    told = Movement(
        id=f"bn_R{reference}",
        bank_reference=f"R{reference}",
        bin=receipt.bin,
        account=receipt.account,
        direction="out",
        amount=receipt.amount,
        currency="VND",
        memo=f"HOAN TRA {reference}",
        transacted_at=clock.now(),
    )
    with transaction():
        payments.follow_movement(told)
    db.session.expire_all()


def earnings_of(part: SubOrder) -> list[Earning]:
    """What a parcel earned and lost again, oldest first."""
    return list(db.session.scalars(select(Earning).where(Earning.sub_order_id == part.id).order_by(Earning.id)))


def due_at(moment: datetime) -> list[int]:
    """What each earning that is due then, refunds included, is to its producer; oldest first."""
    due = select(Earning.net).join(Earning.sub_order).where(is_due(moment))
    return [int(net) for net in db.session.scalars(due.order_by(Earning.id))]
