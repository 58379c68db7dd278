"""Random programs over the shop: place, pay, transfer, cancel, refund, news again and late, expire, sell, close.

After each step the real shop is compared with the model beside it, and every promise of the audit is asked. At the end
everything that is on its way arrives, and the books are compared with what gateway and bank say.
"""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from marketplace.cart.errors import NotSold, StockShort
from marketplace.checkout import flows as checkout
from marketplace.checkout import queries as checkout_queries
from marketplace.checkout.errors import GoodsGone
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot
from marketplace.ledger import audit_checks
from marketplace.ledger import queries as ledger
from marketplace.orders.models import Order, PaymentMethod, SubOrder, SubOrderState
from marketplace.outbox import flows as outbox
from marketplace.payments import flows as payments
from marketplace.payments.models import Payment
from marketplace.stalls import queries as stall_queries
from marketplace.stalls import services as stalls
from marketplace.stalls.models import Means, Sale
from tests.checkout.buying import TERMS, payment_of, wish
from tests.proof import asking
from tests.proof.model import Model, ModelOrder, ModelSale
from tests.proof.outside import Message
from tests.proof.world import DELIVERY, PRICES, World, let_pass

_STEPS = (SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED)
_GOOD, _DECLINED = "pm_card_visa", "pm_card_visa_chargeDeclined"
_some = st.integers(0, 7)
_serial = itertools.count(1)


class ShopMachine(RuleBasedStateMachine):
    """``set_the_stage`` gives a fresh small shop; it is set by whoever runs the machine."""

    set_the_stage: ClassVar[Callable[[], World]]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).set_the_stage()
        self.model = Model((self.world.units, self.world.units))
        self.order_ids: list[int] = []
        self.sale_ids: list[int] = []
        self.carried: list[Message] = []
        self.paid_for: dict[str, tuple[str, int, int, Any]] = {}
        self.checks = asking.at_any_moment()

    @initialize()
    def begin(self) -> None:
        """Nothing has happened yet."""

    # -- orders ------------------------------------------------------------------------------------------------------

    @rule(
        first=st.integers(0, 3), second=st.integers(0, 3), how=st.sampled_from(["transfer", "card", "declined", "door"])
    )
    def place(self, first: int, second: int, how: str) -> None:
        """A buyer orders; a good card pays at once."""
        if first + second == 0:
            return
        wanted = (first, second)
        packs = {pack: units for pack, units in zip(self.world.packs, wanted, strict=True) if units}
        method = {"transfer": PaymentMethod.VIETQR, "door": PaymentMethod.CASH_ON_DELIVERY}.get(how, PaymentMethod.CARD)
        card = {"card": _GOOD, "declined": _DECLINED}.get(how, "")
        can = self.model.can_take(wanted)
        try:
            asked = wish(packs, method, card=card, key=f"program-{next(_serial)}")
            placed = checkout.place_order(asked, TERMS).order
        except (GoodsGone, NotSold, StockShort):
            assert not can, "goods were refused that are free"
            db.session.rollback()
            return
        assert can, "goods were promised twice"
        total = sum(units * (price) + (DELIVERY if units else 0) for units, price in zip(wanted, PRICES, strict=True))
        assert placed.total == total
        order = self.model.place(wanted, total, clock.now(), at_the_door=how == "door")
        if how == "card":
            self.model.money_for(order, total, sent=clock.now(), now=clock.now())
        self.order_ids.append(placed.id)
        again = checkout.place_order(asked, TERMS).order
        assert again.id == placed.id, "the same key made another order"
        db.session.rollback()

    @precondition(lambda self: self.order_ids)
    @rule(which=_some, lost=st.booleans())
    def pay_by_card(self, which: int, lost: bool) -> None:
        """Another try with a good card; sometimes the shop never reads the answer."""
        order, model = self._order(which)
        if order.payment_method is not PaymentMethod.CARD:
            return
        if lost:
            self.world.outside.lose_next_answers(1)
        try:
            checkout.pay_by_card(order.id, _GOOD, "http://127.0.0.1/")
        except Conflict:
            assert model.state != "awaiting_payment" or (model.due and model.due <= clock.now())
        else:
            if not self.world.outside.has_lost():
                self.model.money_for(model, model.total, sent=clock.now(), now=clock.now())
        self.world.outside.lose_next_answers(0)
        db.session.rollback()

    @precondition(lambda self: self.order_ids)
    @rule(which=_some, extra=st.sampled_from([0, 0, -10_000, 5_000]), late=st.booleans(), memo=st.booleans())
    def transfer(self, which: int, extra: int, late: bool, memo: bool) -> None:
        """A buyer transfers the amount, too little or too much, in time or late, with or without the code."""
        order, model = self._order(which)
        if order.payment_method is not PaymentMethod.VIETQR:
            return
        payment = payment_of(order)
        sent = clock.now() + timedelta(minutes=40 if late else 0)
        text = str(payment.transfer_code) if memo else "tra tien hang"
        key = f"transfer-{next(_serial)}"
        account, amount = str(payment.payee_account), payment.amount + extra
        db.session.rollback()
        self.world.outside.transfer(account, amount, text, at=sent, key=key)
        self.paid_for[self.world.outside.waiting()[-1].body.decode()] = (
            "order" if memo else "nobody",
            self.model.orders.index(model),
            amount,
            sent,
        )

    @precondition(lambda self: self.order_ids)
    @rule(which=_some)
    def cancel(self, which: int) -> None:
        """The buyer changes their mind."""
        order, model = self._order(which)
        order_id = order.id
        db.session.rollback()
        try:
            checkout.cancel_order(order_id, actor_id=None)
            done = True
        except Conflict:
            db.session.rollback()
            done = False
        assert self.model.cancel(model) == done

    @precondition(lambda self: self.order_ids)
    @rule(which=_some)
    def advance(self, which: int) -> None:
        """Every parcel of an order goes one step."""
        order, model = self._order(which)
        parts = [(part.id, part.producer_id) for part in order.sub_orders]
        db.session.rollback()
        to = _STEPS[min(model.progress, 2)]
        if self.model.advance(model):
            for part_id, producer_id in parts:
                checkout.advance_parcel(part_id, [producer_id], to, actor_id=None)
        else:
            for part_id, producer_id in parts:
                try:
                    checkout.advance_parcel(part_id, [producer_id], to, actor_id=None)
                except Conflict:
                    db.session.rollback()
                else:
                    raise AssertionError("a parcel went on that is not to be packed")

    @precondition(lambda self: self.order_ids)
    @rule(which=_some, amount=st.sampled_from([1, 10_000, 70_000]))
    def refund(self, which: int, amount: int) -> None:
        """Something of the first part is given back, never more than was paid."""
        order, _model = self._order(which)
        part = db.session.scalars(select(SubOrder).where(SubOrder.order_id == order.id).order_by(SubOrder.id)).first()
        assert part is not None
        (choice, *_) = checkout_queries.refund_choices(part)
        key = f"refund-{next(_serial)}"
        try:
            for _ in range(2):
                checkout.refund_parcel(part, {choice.line_id: Dong(amount)}, reason="vỡ", key=key, actor_id=None)
        except Conflict:
            pass
        db.session.rollback()

    # -- news, worker, clock -----------------------------------------------------------------------------------------

    @rule(which=_some, newest_first=st.booleans())
    def deliver(self, which: int, newest_first: bool) -> None:
        """One message arrives; the order in which they were sent does not matter."""
        waiting = self.world.outside.waiting()
        if waiting:
            chosen = waiting[-1 - which % len(waiting) if newest_first else which % len(waiting)]
            self._carry(chosen)
            self.carried.append(chosen)

    @precondition(lambda self: self.carried)
    @rule(which=_some)
    def deliver_again(self, which: int) -> None:
        """A message that was heard comes once more: nothing happens."""
        before = ledger.trial_balance()
        db.session.rollback()
        assert self.world.outside.carry(self.world.shop, self.carried[which % len(self.carried)]) == 200
        assert ledger.trial_balance() == before

    @rule(minutes=st.sampled_from([1, 10, 31]))
    def time_passes(self, minutes: int) -> None:
        """The clock goes on, and the worker has its turn: outbox, deadlines."""
        let_pass(timedelta(minutes=minutes))
        checkout.expire_orders()
        self.model.expire(clock.now())
        while outbox.deliver_next():
            pass

    @rule()
    def reconcile(self) -> None:
        """Gateway and bank are asked: whatever the shop has not heard, it knows now."""
        payments.reconcile(older_than=timedelta(0))
        db.session.rollback()
        self._adopt()

    # -- stall -------------------------------------------------------------------------------------------------------

    @rule(amount=st.sampled_from([5_000, 45_000]), cash=st.booleans())
    def sell(self, amount: int, cash: bool) -> None:
        """A sale at the stall, sent twice."""
        key, means = f"client-{next(_serial)}", Means.CASH if cash else Means.QR
        ids = set()
        for _ in range(2):
            with transaction():
                sale = stalls.take_sale(
                    self.world.stall_id, client_id=key, amount=Dong(amount), means=means, vendor_id=None
                )
                ids.add(sale.id)
        assert len(ids) == 1, "a sale sent twice is two"
        self.sale_ids.append(ids.pop())
        self.model.sales.append(ModelSale(amount, cash, "paid" if cash else "awaiting"))

    @precondition(lambda self: self.sale_ids)
    @rule(which=_some, extra=st.sampled_from([0, 0, -1_000, 1_000]))
    def pay_sale(self, which: int, extra: int) -> None:
        """The buyer at the stall transfers to the trader."""
        index = which % len(self.sale_ids)
        payment = db.session.scalar(
            select(Payment).join(Sale, Sale.payment_id == Payment.id).where(Sale.id == self.sale_ids[index])
        )
        if payment is None:
            db.session.rollback()
            return
        account, amount, code = str(payment.payee_account), payment.amount + extra, str(payment.transfer_code)
        db.session.rollback()
        self.world.outside.transfer(account, amount, code, key=f"transfer-{next(_serial)}")
        self.paid_for[self.world.outside.waiting()[-1].body.decode()] = ("sale", index, amount, clock.now())

    @rule()
    def close_the_shift(self) -> None:
        """The trader closes the day: what is closed never changes again."""
        shift = stall_queries.find_open_shift(self.world.stall_id)
        if shift is None:
            db.session.rollback()
            return
        shift_id, up_to = shift.id, shift.stall.last_sequence
        db.session.rollback()
        with transaction():
            stalls.close_shift(
                self.world.stall_id, shift_id, up_to=up_to, counted_cash=Dong(1_000), reason="đếm tay", actor_id=None
            )

    # -- what must be true -------------------------------------------------------------------------------------------

    @invariant()
    def agree(self) -> None:
        """Shop and model say the same, and every promise is kept."""
        states = dict(db.session.execute(select(Order.id, Order.state)).all())
        assert [states[order_id].value for order_id in self.order_ids] == [order.state for order in self.model.orders]
        sales = dict(db.session.execute(select(Sale.id, Sale.state)).all())
        assert [sales[sale_id].value for sale_id in self.sale_ids] == [sale.state for sale in self.model.sales]
        lots = db.session.execute(select(Lot.pack_id, Lot.on_hand - Lot.reserved)).all()
        assert tuple(dict(lots)[pack] for pack in self.world.packs) == self.model.free()
        assert asking.broken(self.checks) == []
        db.session.rollback()

    def teardown(self) -> None:
        """Everything arrives in the end, and the books say what gateway and bank say."""
        self.world.settle_down()
        assert asking.broken([check for check in audit_checks.checks() if check.is_offender is None]) == []
        outside = self.world.outside
        captured = sum(int(intent["amount_received"]) for intent in outside.objects("payment_intent"))
        returned = sum(int(refund["amount"]) for refund in outside.objects("refund") if refund["status"] == "succeeded")
        assert ledger.balance("gateway:card") == captured - returned
        assert ledger.balance("bank:collecting") == outside.balance()
        db.session.rollback()

    # -- parts -------------------------------------------------------------------------------------------------------

    def _order(self, which: int) -> tuple[Order, ModelOrder]:
        index = which % len(self.order_ids)
        return db.session.get_one(Order, self.order_ids[index]), self.model.orders[index]

    def _carry(self, message: Message) -> None:
        assert self.world.outside.carry(self.world.shop, message) == 200
        told = self.paid_for.get(message.body.decode())
        if told is None:
            self._adopt()
        elif told[0] == "order":
            self.model.money_for(self.model.orders[told[1]], told[2], sent=told[3], now=clock.now())
        elif told[0] == "sale":
            self.model.money_for_sale(self.model.sales[told[1]], told[2])

    def _adopt(self) -> None:
        """News whose content the model does not follow (events, statements): an order may only have become paid, a
        sale only paid, and then the money must be there (I13, I36)."""
        states = dict(db.session.execute(select(Order.id, Order.state)).all())
        for order_id, order in zip(self.order_ids, self.model.orders, strict=True):
            if states[order_id].value != order.state:
                assert states[order_id].value == "paid" and order.state in ("awaiting_payment", "expired")
                order.state, order.received = "paid", order.total
        self._adopt_parts()
        db.session.rollback()

    def _adopt_parts(self) -> None:
        for order_id, order in zip(self.order_ids, self.model.orders, strict=True):
            if order.state == "awaiting_payment":
                payment = checkout_queries.newest_payment(db.session.get_one(Order, order_id))
                order.received = payment.received if payment else 0
        for sale_id, sale in zip(self.sale_ids, self.model.sales, strict=True):
            found = db.session.get_one(Sale, sale_id)
            assert found.state.value == sale.state or (found.state.value, sale.state) == ("paid", "awaiting")
            sale.state = found.state.value
            sale.received = found.payment.received if found.payment else sale.received
