"""Three months of orders through the real flows: cart, placement, transfer or card at the sandbox, parcels, refunds."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from marketplace.cart import queries as carts
from marketplace.cart import services as cart_services
from marketplace.catalogue.models import Pack, Product
from marketplace.checkout import flows as checkout
from marketplace.checkout import queries as checkout_queries
from marketplace.checkout.flows import Terms, Wish
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.ocop.models import OcopProduct
from marketplace.orders.models import Order, PaymentMethod, SubOrder, SubOrderState
from marketplace.orders.services import Delivery
from marketplace.payments import flows as payments
from marketplace.payments import settings as payment_settings
from marketplace.payments.models import Payment
from marketplace.places.queries import get_unit_by_code
from marketplace.storefront.sellable import sellable_clause
from seeds.demo.sandbox import Bank
from seeds.demo.timeline import Timeline

_BUYERS = ("Trần Văn An", "Lê Thị Bích", "Phạm Minh Châu", "Hoàng Thu Dung", "Võ Quốc Đạt", "Đặng Ngọc Hà", "Bùi Lam")
_COMMUNES = ("30682", "30709", "00565", "20794", "30316", "17110", "28273")
#: One number for every invented buyer, so that no stranger is ever called.
_PHONE = "+84900000000"
_METHODS = (PaymentMethod.VIETQR, PaymentMethod.VIETQR, PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.CARD)


#: What becomes of an order: told its id, when it was placed and how it is to be paid.
Way = Callable[[int, datetime, PaymentMethod], None]


@dataclass
class Trade:
    """Places orders and lets them go their ways."""

    line: Timeline
    bank: Bank
    terms: Terms
    favourites: Sequence[int]
    buyer_id: int
    operator_id: int
    rng: random.Random
    number: int = 0

    def fill(self, days: int) -> None:
        """Orders of the ``days`` before the end, and at the end the awkward ones."""
        for back in range(days, 0, -1):
            morning = self.line.end - timedelta(days=back)
            for _ in range(self.rng.choice((1, 1, 1, 2))):
                moment = morning + timedelta(minutes=self.rng.randrange(10, 600))
                self.line.at(moment, partial(self._order, moment, self.rng.choice(_METHODS)))
        end = self.line.end
        vietqr = PaymentMethod.VIETQR
        for minutes, way in ((9, self._nothing), (8, self._short), (7, self._over)):
            moment = end - timedelta(minutes=minutes)
            self.line.at(moment, partial(self._order, moment, vietqr, way=way))
        expired = end - timedelta(hours=30)
        self.line.at(expired, partial(self._order, expired, vietqr, way=self.expire))
        refunded = end - timedelta(days=6)
        self.line.at(refunded, partial(self._order, refunded, PaymentMethod.CARD, way=self._refund))
        cancelled = end - timedelta(days=2)
        self.line.at(cancelled, partial(self._order, cancelled, PaymentMethod.CASH_ON_DELIVERY, way=self._cancel))
        self.line.at(end - timedelta(minutes=40), self._unmatched)

    # -- placing -------------------------------------------------------------------------------------------------

    def _order(self, moment: datetime, method: PaymentMethod, *, way: Way | None = None) -> None:
        self.number += 1
        chosen = {pack_id: self.rng.choice((1, 1, 2, 3)) for pack_id in self._packs(moment)}
        buyer_id = self.buyer_id if self.number % 6 == 0 else None
        self.place(chosen, moment, method, key=f"{self.number:04d}", buyer_id=buyer_id, way=way)

    def place(
        self,
        chosen: Mapping[int, int],
        moment: datetime,
        method: PaymentMethod,
        *,
        key: str,
        buyer_id: int | None,
        way: Way | None = None,
    ) -> None:
        """Order ``chosen`` packs (id: how many), as far as they are to be had, and let the order go its way."""
        with transaction():
            cart = cart_services.start_cart()
            cart_services.confirm_age(cart)
            for pack_id, quantity in chosen.items():
                try:
                    cart_services.add(cart, pack_id, quantity)
                except Conflict:  # sold out by earlier orders
                    continue
        view = carts.view_of(cart, moment)
        if not view.can_check_out:
            return
        wish = self._wish(cart.id, view.quote, method, key=key, buyer_id=buyer_id)
        placed = checkout.place_order(wish, self.terms)
        with transaction():
            order = db.session.get_one(Order, placed.order.id)
            order.is_illustrative = True
        (way or self._usual)(order.id, moment, method)

    def _wish(self, cart_id: int, quote: str, method: PaymentMethod, *, key: str, buyer_id: int | None) -> Wish:
        turn = self.number
        delivery = Delivery(
            contact_name=_BUYERS[turn % len(_BUYERS)],
            contact_phone=_PHONE,
            commune_id=get_unit_by_code(_COMMUNES[turn % len(_COMMUNES)]).id,
            address_line=f"Số {turn}, ấp minh họa",
        )
        return Wish(
            key=f"demonstration-{key}",
            cart_id=cart_id,
            delivery=delivery,
            payment_method=method,
            card="pm_card_visa" if method is PaymentMethod.CARD else "",
            quote=quote,
            user_id=buyer_id,
            locale="vi",
        )

    def _packs(self, moment: datetime) -> list[int]:
        """One to three packs; the pilot commune's and its neighbours' goods are in every third order."""
        sold = (
            select(Pack.id)
            .join(Pack.product)
            .join(Product.ocop_product)
            .where(sellable_clause(moment), Pack.is_offered)
        )
        everything = list(db.session.scalars(sold.where(~OcopProduct.is_alcohol).order_by(Pack.id)))
        near = list(db.session.scalars(sold.where(Product.producer_id.in_(self.favourites)).order_by(Pack.id)))
        picked = self.rng.sample(everything, k=self.rng.choice((1, 2, 2, 3)))
        if near and self.rng.random() < 0.4:
            picked.append(self.rng.choice(near))
        return sorted(set(picked))

    # -- ways that orders go -------------------------------------------------------------------------------------

    def _usual(self, order_id: int, moment: datetime, method: PaymentMethod) -> None:
        if method is PaymentMethod.VIETQR:
            self._transfer(order_id, moment + timedelta(minutes=4))
        for hours, to in ((5, SubOrderState.PACKED), (26, SubOrderState.SHIPPED), (72, SubOrderState.DELIVERED)):
            self.line.at(moment + timedelta(hours=hours), partial(self._advance, order_id, to))

    def _advance(self, order_id: int, to: SubOrderState) -> None:
        for part in db.session.scalars(select(SubOrder).where(SubOrder.order_id == order_id)).all():
            checkout.advance_parcel(part.id, [part.producer_id], to, actor_id=None)

    def _nothing(self, _order_id: int, _moment: datetime, _method: PaymentMethod) -> None:
        """Nobody pays: the order waits."""

    def _short(self, order_id: int, moment: datetime, _method: PaymentMethod) -> None:
        self._transfer(order_id, moment + timedelta(minutes=2), differs=-20_000)

    def _over(self, order_id: int, moment: datetime, _method: PaymentMethod) -> None:
        self._transfer(order_id, moment + timedelta(minutes=2), differs=50_000)

    def expire(self, _order_id: int, moment: datetime, _method: PaymentMethod) -> None:
        """Nobody pays, and its time runs out."""
        self.line.at(moment + self.terms.hold + timedelta(minutes=2), checkout.expire_orders)

    def _cancel(self, order_id: int, moment: datetime, _method: PaymentMethod) -> None:
        self.line.at(moment + timedelta(hours=1), partial(checkout.cancel_order, order_id, actor_id=None))

    def _refund(self, order_id: int, moment: datetime, method: PaymentMethod) -> None:
        self._usual(order_id, moment, method)
        self.line.at(moment + timedelta(days=4), partial(self._refund_one_line, order_id))

    def _refund_one_line(self, order_id: int) -> None:
        part = db.session.scalars(select(SubOrder).where(SubOrder.order_id == order_id)).first()
        if part is None:
            return
        choice = next(choice for choice in checkout_queries.refund_choices(part) if choice.line_id is not None)
        checkout.refund_parcel(
            part,
            {choice.line_id: choice.left},
            reason="Hàng bị móp khi giao (minh họa).",
            key=f"demonstration-refund-{order_id}",
            actor_id=self.operator_id,
        )

    # -- at the bank ---------------------------------------------------------------------------------------------

    def _transfer(self, order_id: int, at: datetime, *, differs: int = 0) -> None:
        order = db.session.get_one(Order, order_id)
        payment = checkout_queries.newest_payment(order)
        if payment is None:
            return
        self.line.at(at, partial(self._pay, payment.id, at, differs))

    def _pay(self, payment_id: int, at: datetime, differs: int) -> None:
        payment = db.session.get_one(Payment, payment_id)
        movement = self.bank.pay(
            bank_bin=str(payment.payee_bin),
            account=str(payment.payee_account),
            amount=max(1_000, payment.amount + differs),
            memo=f"MBVCB.{at:%H%M%S}.{payment.transfer_code} thanh toan don hang",
            at=at,
            payer="NGUOI MUA MINH HOA",
        )
        payments.apply_bank_notice(json.dumps(movement).encode())

    def _unmatched(self) -> None:
        """Somebody forgot the code: the money waits for a person."""
        ours = payment_settings.current().collecting
        movement = self.bank.pay(
            bank_bin=ours.bin,
            account=ours.account,
            amount=150_000,
            memo="chuyen tien mua hang",
            at=clock.now(),
            payer="NGUOI MUA QUEN MA",
        )
        payments.apply_bank_notice(json.dumps(movement).encode())
