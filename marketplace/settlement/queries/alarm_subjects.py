"""What the numbers in an alarm's rows stand for: an order, a payout, a stall, and the page that shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Label, Select, String, cast, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.accounts.models import User
from marketplace.checkout.models import Earning, OrderPayment, PaymentShare
from marketplace.core.db import db
from marketplace.inventory.models import Lot, Reservation, StockMove
from marketplace.orders.models import Order, OrderEvent, OrderLine, SubOrder
from marketplace.payments.models import BankReceipt, BankReversal, Payment, Refund, WorkItem
from marketplace.producers.models import PayoutAccount, Producer
from marketplace.settlement.models import BoardPayout, Payout, StatementDifference
from marketplace.stalls.models import Market, MarketFee, Sale, Shift, Stall, StickerCheck


class Shown(StrEnum):
    """Which page shows a subject."""

    ORDER = "order"
    BATCH = "batch"
    PRODUCER = "producer"
    MARKET = "market"
    STALL = "stall"
    LOT = "lot"
    WAITING = "waiting"
    DIFFERENCES = "differences"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Subject:
    """What a number stands for: its name, and the page that shows it with what that page is asked for."""

    text: str
    shown: Shown
    key: str


Found = Select[Any, str, str, Any]


def _orders(column: InstrumentedAttribute[Any], text: Any = None) -> Found:
    """By ``column`` the order beside it, called by its number."""
    return select(column, Order.number if text is None else text, literal(Shown.ORDER.value), Order.number)


def _stalls(column: InstrumentedAttribute[Any]) -> Found:
    """By ``column`` the stall beside it, called by number, name and market; the page of its money shows it."""
    name = Stall.number + literal(" (") + Stall.name + literal("), ") + Market.name
    return select(column, name, literal(Shown.STALL.value), _key(Stall.id))


def _key(number: InstrumentedAttribute[int]) -> Label[str]:
    """A number as the text that a page is asked for, under a name of its own."""
    return cast(number, String).label("key")


def _lots(column: InstrumentedAttribute[Any]) -> Found:
    return select(column, Lot.code, literal(Shown.LOT.value), Lot.trace_code)


_PARCEL = Order.number + literal(", ") + Producer.name
_GOODS = Order.number + literal(", ") + OrderLine.product_name
_ACCOUNT = select(PayoutAccount.id, Producer.name, literal(Shown.PRODUCER.value), _key(Producer.id))

#: By name of a column how its numbers are looked up.
QUERIES: Final[dict[str, tuple[Found, ...]]] = {
    "order_id": (_orders(Order.id),),
    "event_id": (_orders(OrderEvent.id).join(Order, Order.id == OrderEvent.order_id),),
    "sub_order_id": (_orders(SubOrder.id, _PARCEL).join(SubOrder.order).join(SubOrder.producer),),
    "order_line_id": (_orders(OrderLine.id, _GOODS).join(OrderLine.sub_order).join(SubOrder.order),),
    "earning_id": (
        _orders(Earning.id)
        .join(SubOrder, SubOrder.id == Earning.sub_order_id)
        .join(Order, Order.id == SubOrder.order_id),
    ),
    "share_id": (_orders(PaymentShare.id).join(PaymentShare.sub_order).join(SubOrder.order),),
    "payment_id": (
        _orders(OrderPayment.payment_id).join(OrderPayment.order),
        _stalls(Sale.payment_id).join(Sale.stall).join(Stall.market),
        _stalls(MarketFee.payment_id).join(MarketFee.stall).join(Stall.market),
    ),
    "fact": (
        _orders(Payment.public_id).join(OrderPayment, OrderPayment.payment_id == Payment.id).join(OrderPayment.order),
        _orders(Refund.public_id)
        .join(OrderPayment, OrderPayment.payment_id == Refund.payment_id)
        .join(OrderPayment.order),
        _stalls(Payment.public_id)
        .join(Sale, Sale.payment_id == Payment.id)
        .join(Stall, Stall.id == Sale.stall_id)
        .join(Stall.market),
    ),
    "payout_id": (
        select(Payout.id, Producer.name, literal(Shown.BATCH.value), _key(Payout.batch_id)).join(Payout.producer),
    ),
    "board_payout_id": (
        select(BoardPayout.id, Market.name, literal(Shown.BATCH.value), _key(BoardPayout.batch_id)).join(
            BoardPayout.market
        ),
    ),
    "producer_id": (select(Producer.id, Producer.name, literal(Shown.PRODUCER.value), _key(Producer.id)),),
    "account_id": (_ACCOUNT.join(PayoutAccount.producer),),
    "market_id": (select(Market.id, Market.name, literal(Shown.MARKET.value), Market.slug),),
    "stall_id": (_stalls(Stall.id).join(Stall.market),),
    "sale_id": (_stalls(Sale.id).join(Sale.stall).join(Stall.market),),
    "fee_id": (_stalls(MarketFee.id).join(MarketFee.stall).join(Stall.market),),
    "shift_id": (_stalls(Shift.id).join(Stall, Stall.id == Shift.stall_id).join(Stall.market),),
    "check_id": (_stalls(StickerCheck.id).join(Stall, Stall.id == StickerCheck.stall_id).join(Stall.market),),
    "lot_id": (_lots(Lot.id),),
    "reservation_id": (_lots(Reservation.id).join(Lot, Lot.id == Reservation.lot_id),),
    "move_id": (_lots(StockMove.id).join(Lot, Lot.id == StockMove.lot_id),),
    "receipt_id": (select(BankReceipt.id, BankReceipt.bank_reference, literal(Shown.WAITING.value), literal("")),),
    "reversal_id": (select(BankReversal.id, BankReversal.bank_reference, literal(Shown.WAITING.value), literal("")),),
    "item_id": (select(WorkItem.id, _key(WorkItem.id), literal(Shown.WAITING.value), literal("")),),
    "difference_id": (
        select(StatementDifference.id, StatementDifference.subject, literal(Shown.DIFFERENCES.value), literal("")),
    ),
    "person_id": (select(User.id, User.name, literal(Shown.NOWHERE.value), literal("")),),
}
#: Columns whose numbers mean something else in one check, and other names for the same.
_MEANT: Final = {
    ("I12", "id"): "order_id",
    ("I12b", "id"): "sub_order_id",
    ("I32c", "payout_id"): "board_payout_id",
    ("I34c", "payout_id"): "board_payout_id",
    ("I35g", "payout_id"): "board_payout_id",
    ("I26", "event_id"): "",
}
_ALIKE: Final = {"requested_by_id": "person_id", "decided_by_id": "person_id", "ref_id": "fact"}


def meaning_of(check: str, column: str) -> str:
    """Under which name the numbers of a check's column are looked up; empty: they stand for themselves."""
    meant = _MEANT.get((check, column), _ALIKE.get(column, column))
    return meant if meant in QUERIES else ""


def find_subjects(wanted: Iterable[tuple[str, Any]]) -> dict[tuple[str, Any], Subject]:
    """What (meaning, number) stand for; those that are gone or unknown are left out."""
    asked: dict[str, set[Any]] = {}
    for meaning, number in wanted:
        if meaning and number is not None:
            asked.setdefault(meaning, set()).add(number)
    found: dict[tuple[str, Any], Subject] = {}
    for meaning, numbers in asked.items():
        for query in QUERIES[meaning]:
            column = query.selected_columns[0]
            for number, text, page, key in db.session.execute(query.where(column.in_(numbers))):
                found.setdefault((meaning, number), Subject(str(text), Shown(page), str(key)))
    return found


def producer_names() -> dict[int, str]:
    """The names of all producers by id: accounts of the books hold the ids."""
    return {row.id: row.name for row in db.session.execute(select(Producer.id, Producer.name))}
