"""What people and machines do to a shop, as a table: prepare, act (is killed, then done again), and the truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.checkout import flows as checkout
from marketplace.checkout import queries as checkout_queries
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.inventory.models import Lot
from marketplace.ledger import queries as ledger
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrder, SubOrderState
from marketplace.outbox import flows as outbox
from marketplace.payments import flows as payments
from marketplace.payments.errors import GatewayUnknown
from marketplace.payments.models import BankReceipt, Payment, PaymentState, Refund, RefundState
from marketplace.stalls import queries as stall_queries
from marketplace.stalls import services as stalls
from marketplace.stalls.models import Means, Sale, SaleState, Shift
from tests.checkout.buying import TERMS, order, payment_of, wish
from tests.proof.world import World, let_pass

CARD, TRANSFER, AT_THE_DOOR = PaymentMethod.CARD, PaymentMethod.VIETQR, PaymentMethod.CASH_ON_DELIVERY
GOOD, DECLINED = "pm_card_visa", "pm_card_visa_chargeDeclined"


@dataclass(frozen=True)
class Scenario:
    """``prepare`` gives what ``act`` and ``truth`` are told; ``act`` is safe to do again, as its people would."""

    name: str
    prepare: Callable[[World], Any]
    act: Callable[[World, Any], object]
    truth: Callable[[World, Any], None]


def _one(model: type[Any]) -> Any:
    return db.session.scalars(select(model)).one()


def deliver(world: World, _facts: Any = None) -> None:
    """Everything that gateway and bank have to say arrives."""
    for message in world.outside.waiting():
        world.outside.carry(world.shop, message)


def work_outbox() -> None:
    """The worker carries every message that is due."""
    while outbox.deliver_next():
        pass


def _in_transaction(work: Callable[[], object]) -> None:
    with transaction():
        work()


# -- checkout --------------------------------------------------------------------------------------------------------


def _wish(method: PaymentMethod, card: str = "") -> Callable[[World], Any]:
    return lambda world: wish({world.packs[0]: 2, world.packs[1]: 1}, method, card=card, key="one-key")


def _place(_world: World, asked: Any) -> None:
    checkout.place_order(asked, TERMS)


def is_paid_once(world: World, _facts: Any) -> None:
    """One order, one settled payment of its total, and at the gateway one charge where a card paid."""
    found = _one(Order)
    assert found.state is OrderState.PAID
    settled = [payment for payment in db.session.scalars(select(Payment)) if payment.state is PaymentState.SETTLED]
    assert [payment.amount for payment in settled] == [found.total]
    paid = [intent for intent in world.outside.objects("payment_intent") if intent["status"] == "succeeded"]
    assert len(paid) == (found.payment_method is CARD)


def _is_placed_once(_world: World, _facts: Any) -> None:
    assert _one(Order).state in (OrderState.CONFIRMED, OrderState.EXPIRED)


def _declined_then_paid(world: World, asked: Any) -> None:
    placed = checkout.place_order(asked, TERMS).order
    for _ in range(2):  # a lost answer leaves the first payment open: the buyer tries again
        if placed.state is OrderState.AWAITING_PAYMENT:
            checkout.pay_by_card(placed.id, GOOD, "http://127.0.0.1/")
            db.session.refresh(placed)


# -- news ------------------------------------------------------------------------------------------------------------


def _transferred(world: World) -> int:
    placed = order({world.packs[0]: 1}, TRANSFER)
    payment = payment_of(placed)
    world.outside.transfer(str(payment.payee_account), payment.amount, str(payment.transfer_code))
    return placed.id


def _transferred_too_much(world: World) -> int:
    placed = order({world.packs[0]: 1}, TRANSFER)
    payment = payment_of(placed)
    world.outside.transfer(str(payment.payee_account), payment.amount + 7_000, str(payment.transfer_code))
    return placed.id


def answer_lost(world: World) -> int:
    """The card was charged, and the shop died before it read the answer."""
    placed = order({world.packs[0]: 1}, CARD)
    payment = payment_of(placed)
    world.outside.gateway.pay(
        payment.amount,
        payment_method=GOOD,
        reference=payment.public_id,
        idempotency_key=payment.idempotency_key,
        return_url="http://127.0.0.1/",
    )
    return placed.id


def _reconcile(_world: World, _facts: Any) -> None:
    payments.reconcile(older_than=timedelta(0))


def _rest_is_unapplied(world: World, facts: Any) -> None:
    is_paid_once(world, facts)
    assert ledger.balance("unapplied") == -7_000
    assert _one(BankReceipt).applied == _one(Order).total


# -- ends ------------------------------------------------------------------------------------------------------------


def _waiting(world: World) -> int:
    return order({world.packs[0]: 2, world.packs[1]: 1}, TRANSFER).id


def _expire(_world: World, _order_id: int) -> None:
    let_pass(timedelta(minutes=31))
    checkout.expire_orders()


def _is_expired(world: World, _facts: Any) -> None:
    assert _one(Order).state is OrderState.EXPIRED
    _nothing_is_held(world)


def _nothing_is_held(world: World) -> None:
    lots = [(lot.on_hand, lot.reserved) for lot in db.session.scalars(select(Lot))]
    assert lots == [(world.units, 0)] * 2


def _paid_by_card(world: World) -> int:
    order_id = order({world.packs[0]: 2, world.packs[1]: 1}, CARD, card=GOOD).id
    work_outbox()  # the messages of placing and paying have their own scenarios
    return order_id


def _cancel(_world: World, order_id: int) -> None:
    try:
        checkout.cancel_order(order_id, actor_id=None)
    except Conflict:
        assert _one(Order).state is OrderState.CANCELLED
        db.session.rollback()
    work_outbox()


def _is_cancelled(world: World, _facts: Any) -> None:
    assert _one(Order).state is OrderState.CANCELLED
    _nothing_is_held(world)
    assert {refund.state for refund in db.session.scalars(select(Refund))} <= {RefundState.SUCCEEDED}
    given_back = sum(refund["amount"] for refund in world.outside.objects("refund"))
    assert given_back == sum(payment.refunded for payment in db.session.scalars(select(Payment)))
    assert ledger.balance("order:escrow") == 0 and ledger.balance("gateway:card") == 0


def _refund(_world: World, order_id: int) -> None:
    part = db.session.scalars(select(SubOrder).where(SubOrder.order_id == order_id).order_by(SubOrder.id)).first()
    assert part is not None
    (choice, *_) = checkout_queries.refund_choices(part)
    wanted = {choice.line_id: Dong(10_000)}
    checkout.refund_parcel(part, wanted, reason="vỡ", key="refund-key", actor_id=None)
    work_outbox()


def _is_refunded_once(world: World, _facts: Any) -> None:
    refund = _one(Refund)
    assert (refund.amount, refund.state) == (10_000, RefundState.SUCCEEDED)
    assert [found["amount"] for found in world.outside.objects("refund")] == [10_000]


def _for_the_door(world: World) -> int:
    return order({world.packs[0]: 1}, AT_THE_DOOR).id


def _hand_over(_world: World, order_id: int) -> None:
    part = db.session.scalars(select(SubOrder).where(SubOrder.order_id == order_id)).one()
    steps = [SubOrderState.PACKED, SubOrderState.SHIPPED, SubOrderState.DELIVERED]
    for step in steps[steps.index(part.state) + 1 if part.state in steps else 0 :]:
        checkout.advance_parcel(part.id, [part.producer_id], step, actor_id=None)


def _is_handed_over(_world: World, _facts: Any) -> None:
    assert _one(Order).state is OrderState.COMPLETED
    assert _one(Payment).state is PaymentState.SETTLED


# -- stalls ----------------------------------------------------------------------------------------------------------


def _sell(world: World, means: Means) -> int:
    with transaction():
        sale = stalls.take_sale(world.stall_id, client_id="client-1", amount=Dong(45_000), means=means, vendor_id=None)
        return sale.id


def _sell_both(world: World, _facts: Any) -> None:
    _sell(world, Means.QR)
    with transaction():
        stalls.take_sale(world.stall_id, client_id="client-2", amount=Dong(30_000), means=Means.CASH, vendor_id=None)


def _are_sold_once(_world: World, _facts: Any) -> None:
    sales = db.session.scalars(select(Sale).order_by(Sale.amount)).all()
    assert [(sale.amount, sale.state) for sale in sales] == [
        (30_000, SaleState.PAID),
        (45_000, SaleState.AWAITING),
    ]


def _a_sale_is_paid(world: World) -> int:
    sale_id = _sell(world, Means.QR)
    payment = db.session.scalars(select(Payment)).one()
    world.outside.transfer(str(payment.payee_account), payment.amount, str(payment.transfer_code))
    db.session.rollback()
    return sale_id


def _sale_is_paid_once(world: World, _facts: Any) -> None:
    assert _one(Sale).state is SaleState.PAID
    assert ledger.balance(f"stall:{world.stall_id}:sales") == -45_000


def _a_shift(world: World) -> int:
    _sell(world, Means.CASH)
    found = stall_queries.find_open_shift(world.stall_id)
    assert found is not None
    return found.id


def _close(world: World, shift_id: int) -> None:
    def write() -> None:
        try:
            stalls.close_shift(
                world.stall_id, shift_id, up_to=1, counted_cash=Dong(44_000), reason="thối nhầm", actor_id=None
            )
        except Conflict:
            assert _one(Shift).closed_at is not None

    _in_transaction(write)


def _is_closed_once(world: World, _facts: Any) -> None:
    closed = _one(Shift)
    assert closed.closed_at is not None and closed.last_sequence == 1
    assert ledger.balance(f"stall:{world.stall_id}:difference") == 1_000


def _not_an_error(work: Callable[[World, Any], object]) -> Callable[[World, Any], object]:
    """The gateway's silence is what a worker meets, too: it comes back later."""

    def act(world: World, facts: Any) -> None:
        try:
            work(world, facts)
        except GatewayUnknown:
            db.session.rollback()

    return act


SCENARIOS = (
    Scenario("an order paid by card", _wish(CARD, GOOD), _place, is_paid_once),
    Scenario("a declined card, then another", _wish(CARD, DECLINED), _declined_then_paid, is_paid_once),
    Scenario("an order to be paid at the door", _wish(AT_THE_DOOR), _place, _is_placed_once),
    Scenario("a notice of the bank", _transferred, deliver, is_paid_once),
    Scenario("a notice of too much money", _transferred_too_much, deliver, _rest_is_unapplied),
    Scenario("events of the gateway", answer_lost, deliver, is_paid_once),
    Scenario("the reconciler asks the gateway", answer_lost, _reconcile, is_paid_once),
    Scenario("the reconciler reads the statement", _transferred, _reconcile, is_paid_once),
    Scenario("an order expires", _waiting, _expire, _is_expired),
    Scenario("an unpaid order is cancelled", _waiting, _cancel, _is_cancelled),
    Scenario("a paid order is cancelled", _paid_by_card, _not_an_error(_cancel), _is_cancelled),
    Scenario("a refund of a part", _paid_by_card, _not_an_error(_refund), _is_refunded_once),
    Scenario("a parcel is handed over", _for_the_door, _hand_over, _is_handed_over),
    Scenario("sales at a stall", lambda world: None, _sell_both, _are_sold_once),
    Scenario("a notice about a sale", _a_sale_is_paid, deliver, _sale_is_paid_once),
    Scenario("a stall's day is closed", _a_shift, _close, _is_closed_once),
)
