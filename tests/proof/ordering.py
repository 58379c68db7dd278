"""Rules about orders: place, send again, pay by card or transfer, confirm, cancel, pack and deliver, give back."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from marketplace.cart.errors import NotSold, StockShort
from marketplace.checkout import flows as checkout
from marketplace.checkout import queries as checkout_queries
from marketplace.checkout.errors import GoodsGone
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.orders.models import Order, PaymentMethod, SubOrder
from tests.checkout.buying import TERMS, payment_of, wish
from tests.proof.model import ModelOrder
from tests.proof.walk import Walk, parts_of, some
from tests.proof.world import STEPS

CARDS = {
    "good": "pm_card_visa",
    "declined": "pm_card_visa_chargeDeclined",
    "asks": "pm_card_authenticationRequired",
    "gives nothing back": "pm_card_refundFail",
}
_METHODS = {"transfer": PaymentMethod.VIETQR, "door": PaymentMethod.CASH_ON_DELIVERY}
_cards = st.sampled_from(["good", "declined", "asks"])


def _is_unpaid(order: ModelOrder) -> bool:
    return order.state == "awaiting_payment"


def _can_be_cancelled(order: ModelOrder) -> bool:
    return order.state in ("awaiting_payment", "confirmed", "paid") and order.progress < 2


def _can_be_packed(order: ModelOrder) -> bool:
    return order.state in ("confirmed", "paid")


def _may_get_money(order: ModelOrder) -> bool:
    return order.state in ("awaiting_payment", "expired")


class OrderRules(Walk):
    """What buyers, producers and the helpdesk do about orders."""

    @rule(
        first=st.integers(0, 3),
        second=st.integers(0, 3),
        how=st.sampled_from(["transfer", "transfer", "transfer", "door", *CARDS]),
        lost=st.sampled_from([False, False, False, True]),
    )
    def place(self, first: int, second: int, how: str, lost: bool) -> None:
        """A buyer orders; a good card pays at once, unless the shop never reads the answer."""
        wanted = (first, second) if first + second else (1, 0)
        packs = {pack: units for pack, units in zip(self.world.packs, wanted, strict=True) if units}
        can = self.model.can_take(wanted)
        key, card = self.new_key("program"), CARDS.get(how, "")
        self.world.outside.lose_next_answers(int(lost))
        try:
            asked = wish(packs, _METHODS.get(how, PaymentMethod.CARD), card=card, key=key)
            placed = checkout.place_order(asked, TERMS).order
        except (GoodsGone, NotSold, StockShort):
            assert not can, "goods were refused that are free"
            self.world.outside.lose_next_answers(0)
            db.session.rollback()
            self.note("order refused: sold out")
            return
        assert can, "goods were promised twice"
        order = self.model.place(wanted, parts_of(wanted), "card" if card else how, clock.now())
        assert placed.total == order.total
        self.order_ids.append(placed.id)
        self.asked.append((asked, placed.id))
        db.session.rollback()
        self.note("order")
        if self.world.outside.has_lost():
            self.note("card, answer lost")
        else:
            self._charged(order, how)
        self.world.outside.lose_next_answers(0)

    @precondition(lambda self: self.asked)
    @rule(which=some)
    def place_again(self, which: int) -> None:
        """The form is sent once more with the same key: the same order; a payment that got no answer is tried again."""
        asked, order_id = self.asked[-1 - which % len(self.asked)]
        placed = checkout.place_order(asked, TERMS).order
        assert placed.id == order_id, "the same key made another order"
        db.session.rollback()
        self.adopt()
        self.note("order again")

    @precondition(lambda self: self.has_order("card"))
    @rule(which=some, card=_cards, lost=st.booleans())
    def pay_by_card(self, which: int, card: str, lost: bool) -> None:
        """Another try with a card; sometimes the shop never reads the answer."""
        order_id, order = self.order(which, "card", likely=_is_unpaid)
        self.world.outside.lose_next_answers(int(lost))
        try:
            checkout.pay_by_card(order_id, CARDS[card], "http://127.0.0.1/")
        except Conflict:
            assert not _is_unpaid(order) or (order.due and order.due <= clock.now())
            self.note("card refused: nothing to pay")
        else:
            is_heard = not self.world.outside.has_lost()
            self.note("card" if is_heard else "card, answer lost")
            if is_heard:
                db.session.rollback()
                self.adopt()  # a payment under way keeps its first card
        self.world.outside.lose_next_answers(0)
        db.session.rollback()

    @precondition(lambda self: self.has_order("card") and self.world.outside.challenges())
    @rule(which=some, passed=st.sampled_from([True, True, False]))
    def confirm(self, which: int, passed: bool) -> None:
        """The buyer's bank asks, and the buyer confirms or refuses; the shop hears of it by an event."""
        asked = self.world.outside.challenges()
        self.world.outside.answer_challenge(asked[which % len(asked)], passed=passed)
        self.note("confirm")
        self.note("confirm: passed" if passed else "confirm: refused")

    @precondition(lambda self: self.has_order("transfer"))
    @rule(
        which=some,
        extra=st.sampled_from([0, 0, 0, -10_000, 5_000]),
        late=st.sampled_from([False, False, True]),
        memo=st.sampled_from(["code", "code", "code", "code", "none", "mistyped"]),
        times=st.sampled_from([1, 1, 2]),
    )
    def transfer(self, which: int, extra: int, late: bool, memo: str, times: int) -> None:
        """A buyer transfers the amount, too little or too much, late, twice, or without the right code."""
        order_id, order = self.order(which, "transfer", likely=_may_get_money)
        payment = payment_of(db.session.get_one(Order, order_id))
        sent = clock.now() + timedelta(minutes=40 if late else 0)
        account, amount, code = str(payment.payee_account), payment.amount + extra, str(payment.transfer_code)
        db.session.rollback()
        text = {"code": code, "none": "tra tien hang", "mistyped": _mistyped(code)}[memo]
        for _ in range(times):
            self.world.outside.transfer(account, amount, text, at=sent, key=self.new_key("transfer"))
            about = "order" if memo == "code" else "nobody"
            notice = self.world.outside.newest_notice()
            self.paid_for[notice] = (about, self.model.orders.index(order), amount, sent)
        for is_so, word in (
            (not extra, "exact"), (extra < 0, "short"), (extra > 0, "over"), (late, "late"), (times > 1, "twice"),
            (memo != "code", "bad memo"),
        ):  # fmt: skip
            if is_so:
                self.note(f"transfer: {word}")

    @precondition(lambda self: self.asked)
    @rule(which=some)
    def cancel(self, which: int) -> None:
        """The buyer changes their mind."""
        order_id, order = self.order(which, likely=_can_be_cancelled)
        try:
            checkout.cancel_order(order_id, actor_id=None)
            done = True
        except Conflict:
            db.session.rollback()
            done = False
        assert self.model.cancel(order) == done
        self.note("cancel" if done else "cancel refused")

    @precondition(lambda self: self.asked)
    @rule(which=some, steps=st.integers(1, 3))
    def advance(self, which: int, steps: int) -> None:
        """Every parcel of an order goes some steps."""
        order_id, order = self.order(which, likely=_can_be_packed)
        parts = [(part.id, part.producer_id) for part in db.session.get_one(Order, order_id).sub_orders]
        db.session.rollback()
        can = False
        for _ in range(min(steps, max(1, 3 - order.progress))):
            to = STEPS[min(order.progress, 2)]
            can = self.model.advance(order)
            for part_id, producer_id in parts:
                try:
                    checkout.advance_parcel(part_id, [producer_id], to, actor_id=None)
                except Conflict:
                    db.session.rollback()
                    assert not can
                else:
                    assert can, "a parcel went on that is not to be packed"
        self.note("parcel refused" if not can else "delivered" if order.progress == 3 else "parcel step")

    @precondition(lambda self: self.order_ids)
    @rule(which=some, last=st.booleans(), amount=st.sampled_from([1, 10_000, 70_000]))
    def refund(self, which: int, last: bool, amount: int) -> None:
        """Something of a parcel is given back, asked twice with one key; never more than was paid."""
        order_id, order = self.order(which, likely=lambda order: order.was_paid)
        parts = db.session.scalars(select(SubOrder).where(SubOrder.order_id == order_id).order_by(SubOrder.id)).all()
        part = parts[-1 if last else 0]
        (choice, *_) = checkout_queries.refund_choices(part)
        key = self.new_key("refund")
        try:
            for _ in range(2):
                checkout.refund_parcel(part, {choice.line_id: Dong(amount)}, reason="vỡ", key=key, actor_id=None)
        except Conflict:
            self.note("refund refused")
        else:
            self.model.give_back(order, checkout_queries.refunded_total(db.session.get_one(Order, order_id)))
            self.note("refund")
        db.session.rollback()

    def _charged(self, order: ModelOrder, how: str) -> None:
        if how in ("good", "gives nothing back"):
            self.model.money_for(order, order.total, sent=clock.now(), now=clock.now())
            self.note("capture")
            if how != "good":
                self.note("capture: refunds will fail")
        elif how in ("declined", "asks"):
            self.note("decline" if how == "declined" else "bank asks the buyer")


def _mistyped(code: str) -> str:
    """The code with its last character but one changed."""
    other = "7" if code[-2] != "7" else "9"
    return f"{code[:-2]}{other}{code[-1]}"
