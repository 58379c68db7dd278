"""A producer's statement of a month, out of the books: what was owed before, every movement, what is owed after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.checkout.models import Earning
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Movement
from marketplace.orders.models import SubOrder
from marketplace.payments.models import Payment, Refund
from marketplace.producers.models import Producer
from marketplace.settlement.models import Payout

#: An earning as the ledger names its posting: kind, public id of payment or refund, whether it was taken back.
_Fact = tuple[str, str, bool]


class RowKind(StrEnum):
    """What moved the balance."""

    SALE = "sale"
    SALE_UNDONE = "sale_undone"
    REFUND = "refund"
    REFUND_UNDONE = "refund_undone"
    PAYOUT = "payout"
    PAYOUT_FREED = "payout_freed"
    OTHER = "other"


_KINDS = {
    ("order_split", False): RowKind.SALE,
    ("order_split", True): RowKind.SALE_UNDONE,
    ("refund_share", False): RowKind.REFUND,
    ("refund_share", True): RowKind.REFUND_UNDONE,
    ("refund_share_undone", False): RowKind.REFUND_UNDONE,
    ("payout_approved", False): RowKind.PAYOUT,
    ("payout_freed", False): RowKind.PAYOUT_FREED,
}


@dataclass(frozen=True)
class Row:
    """One movement. ``net`` raises (or lowers) what is owed, ``balance`` is what is owed after it, all in dong.

    Gross, fee and taxes are those of a sale or refund, else 0: ``net = gross - fee - vat - pit``.
    """

    kind: RowKind
    at: datetime
    order_number: str
    payout_id: int | None
    gross: Dong
    fee: Dong
    vat: Dong
    pit: Dong
    net: Dong
    balance: Dong


@dataclass(frozen=True)
class ProducerStatement:
    """A month of Vietnam's calendar, half-open: ``begin <= at < end`` (UTC). Closing = opening + all ``net``."""

    producer: Producer
    year: int
    month: int
    begin: datetime
    end: datetime
    opening: Dong
    rows: Sequence[Row]
    closing: Dong

    def total(self, column: str, *kinds: RowKind) -> Dong:
        """The sum of a column over rows of these kinds (all without any), in dong."""
        return Dong(sum(getattr(row, column) for row in self.rows if not kinds or row.kind in kinds))


def get_statement(producer: Producer, year: int, month: int) -> ProducerStatement:
    """The statement of one month. Balances and ``net`` are the ledger's own; earnings explain them."""
    begin, end = clock.local_month(year, month)
    code = f"producer:{producer.id}:payable"
    opening = Dong(-ledger.balance(code, before=begin))
    moves = sorted(ledger.movements(code, begin=begin, end=end), key=lambda move: move.occurred_at)
    earned = _earnings(producer.id, begin, end)
    rows, balance = [], opening
    for move in moves:
        balance = Dong(balance - move.amount)
        rows.append(_row(move, earned.get(_fact_of(move)), balance))
    return ProducerStatement(producer, year, month, begin, end, opening, rows, balance)


def payout_states(statement: ProducerStatement) -> dict[int, Payout]:
    """The payouts that a statement names, by id."""
    wanted: Collection[int] = {row.payout_id for row in statement.rows if row.payout_id is not None}
    return {payout.id: payout for payout in db.session.scalars(select(Payout).where(Payout.id.in_(wanted)))}


def _earnings(producer_id: int, begin: datetime, end: datetime) -> dict[_Fact, Earning]:
    statement = (
        select(Earning, Payment.public_id, Refund.public_id)
        .join(Earning.sub_order)
        .join(Payment, Payment.id == Earning.payment_id)
        .outerjoin(Refund, Refund.id == Earning.refund_id)
        .where(SubOrder.producer_id == producer_id, Earning.occurred_at >= begin, Earning.occurred_at < end)
        .options(joinedload(Earning.sub_order).joinedload(SubOrder.order))
    )
    return {
        _fact(earning, payment, refund): earning for earning, payment, refund in db.session.execute(statement).unique()
    }


def _fact_of(move: Movement) -> _Fact:
    if move.kind == "refund_share_undone":
        return ("refund_share", move.ref_id, True)
    return (move.kind, move.ref_id, move.is_reversal)  # earlier versions reversed ``refund_share`` itself


def _fact(earning: Earning, payment: str, refund: str | None) -> _Fact:
    if refund is None:
        return ("order_split", payment, earning.restores_id is not None)
    return ("refund_share", refund, earning.restores_id is not None)


def _row(move: Movement, earning: Earning | None, balance: Dong) -> Row:
    kind = _KINDS.get((move.kind, move.is_reversal), RowKind.OTHER)
    return Row(
        kind=kind,
        at=move.occurred_at,
        order_number=earning.sub_order.order.number if earning else "",
        payout_id=int(move.ref_id) if kind in (RowKind.PAYOUT, RowKind.PAYOUT_FREED) else None,
        gross=earning.gross if earning else Dong(0),
        fee=earning.fee if earning else Dong(0),
        vat=earning.vat if earning else Dong(0),
        pit=earning.pit if earning else Dong(0),
        net=Dong(-move.amount),
        balance=balance,
    )
