"""Who gets what of a settled payment, and who gives what of it back. Rows of ``Earning`` and postings move together."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.checkout import queries
from marketplace.checkout.models import Earning, EarningPart, PaymentShare
from marketplace.checkout.queries import earnings
from marketplace.checkout.rates import Kept, Rates, keep
from marketplace.checkout.services.opening import lock_payment
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.money import Dong
from marketplace.ledger import services as ledger
from marketplace.ledger.queries import find_entry
from marketplace.orders.models import SubOrder
from marketplace.payments.models import Payment, Refund
from marketplace.payments.purposes import ESCROW

FEE, VAT, PIT = "platform:fee", "tax:vat", "tax:pit"


def split(payment: Payment, occurred_at: datetime) -> None:
    """Credit each producer with the own share of a settled payment, less fee and withheld taxes, out of escrow.

    The rules are those of the settlement's day in Vietnam; they are kept beside the earning for later refunds. Posts
    ``order_split`` (fact: the payment): ``order:escrow`` + amount, ``platform:fee``, ``tax:vat``, ``tax:pit`` and each
    ``producer:<id>:payable`` - what they get.
    """
    shares = queries.list_shares(payment)
    rates = queries.rates_of([share.sub_order for share in shares], clock.local_day_of(occurred_at))
    rows = [_earn(payment, share, rates[share.sub_order_id], occurred_at) for share in shares if share.amount]
    _post("order_split", "payment", payment.public_id, occurred_at, rows)


def take_back_split(payment: Payment, occurred_at: datetime) -> None:
    """The bank took the money of a settled payment back: each row of ``split`` is answered by its opposite.

    ``order_split`` is reversed, fee and taxes included; a producer's balance may fall below zero.
    """
    for row in earnings.settled_earnings(payment.id):
        kept = Kept(Dong(-row.fee), Dong(-row.vat), Dong(-row.pit))
        back = _row(row.sub_order_id, payment.id, Dong(-row.gross), kept, occurred_at)
        back.restores_id = row.id
        db.session.add(back)
    db.session.flush()
    entry = find_entry("order_split", ref_type="payment", ref_id=payment.public_id)
    if entry is not None:
        ledger.reverse(entry, occurred_at=occurred_at)


def take_back_shares(refund: Refund, occurred_at: datetime) -> None:
    """Take what a refund gave back from its producers, and fee and taxes on it back to them, by the first rates.

    A balance may fall below zero (4.3, 31). What was taken back in all is after each refund exactly the rule on what
    was given back in all. Posts ``refund_share`` (fact: the refund), the mirror of ``order_split``.
    """
    lock_payment(refund.payment_id)
    amounts: dict[int, Dong] = {}
    for line in queries.list_refund_lines(refund):
        amounts[line.sub_order_id] = Dong(amounts.get(line.sub_order_id, 0) + line.amount)
    rows = [_take_back(refund, part_id, amount, occurred_at) for part_id, amount in amounts.items()]
    _post("refund_share", "refund", refund.public_id, occurred_at, rows)


def give_shares_again(refund: Refund) -> None:
    """A refund that had seemed to work did not: its producers earn again what ``take_back_shares`` took for it.

    Fee and taxes are not those that it took itself, for a dong may have been rounded between it and others since: what
    was taken back in all is exactly the rule on what is given back without it. Posts ``refund_share_undone`` (fact: the
    refund), which answers ``refund_share``.
    """
    lock_payment(refund.payment_id)
    now = clock.now()
    rows = [_earn_again(row, now) for row in earnings.earnings_of_refund(refund)]
    if rows:
        _post("refund_share_undone", "refund", refund.public_id, now, rows)


def _earn(payment: Payment, share: PaymentShare, rates: Mapping[int | None, Rates], occurred_at: datetime) -> Earning:
    part = share.sub_order
    amounts: dict[int | None, Dong] = {line.id: line.line_total for line in part.lines}
    if part.delivery_fee:
        amounts[None] = part.delivery_fee
    kept = keep((amount, rates[line_id]) for line_id, amount in amounts.items())
    earning = _row(part.id, payment.id, share.amount, kept, occurred_at)
    db.session.add(earning)
    db.session.flush()
    db.session.add_all(
        EarningPart(
            earning_id=earning.id,
            order_line_id=line_id,
            amount=amount,
            fee_basis_points=rates[line_id].fee,
            vat_basis_points=rates[line_id].vat,
            pit_basis_points=rates[line_id].pit,
        )
        for line_id, amount in amounts.items()
    )
    return earning


def _take_back(refund: Refund, sub_order_id: int, amount: Dong, occurred_at: datetime) -> Earning:
    first = earnings.settled_earning(refund.payment_id, sub_order_id)
    if first is None:
        raise RuntimeError(f"refund {refund.public_id} gives back what parcel {sub_order_id} never earned")
    step = _untaken(first)
    row = _row(sub_order_id, refund.payment_id, Dong(-amount), Kept(*(Dong(-kept) for kept in step)), occurred_at)
    row.refund_id = refund.id
    db.session.add(row)
    db.session.flush()
    return row


def _earn_again(taken: Earning, occurred_at: datetime) -> Earning:
    first = earnings.settled_earning(taken.payment_id, taken.sub_order_id)
    if first is None:
        raise RuntimeError(f"earning {taken.id} takes back what parcel {taken.sub_order_id} never earned")
    kept = Kept(*(Dong(-dong) for dong in _untaken(first)))
    row = _row(taken.sub_order_id, taken.payment_id, Dong(-taken.gross), kept, occurred_at)
    row.refund_id, row.restores_id = taken.refund_id, taken.id
    db.session.add(row)
    db.session.flush()
    return row


def _untaken(first: Earning) -> Kept:
    """What refunds of a parcel have still to take of fee and taxes, by the rule on what they gave back in all.

    Below zero when one of them came to nothing. ``first`` is what the parcel earned when its payment settled.
    """
    given = earnings.given_back(first.payment_id, first.sub_order_id)
    target = keep((given.get(part.order_line_id, Dong(0)), _rates(part)) for part in earnings.parts_of(first))
    return target.less(earnings.taken_back(first.payment_id, first.sub_order_id))


def _row(sub_order_id: int, payment_id: int, gross: Dong, kept: Kept, occurred_at: datetime) -> Earning:
    return Earning(
        sub_order_id=sub_order_id,
        payment_id=payment_id,
        occurred_at=occurred_at,
        gross=gross,
        fee=kept.fee,
        vat=kept.vat,
        pit=kept.pit,
        net=Dong(gross - kept.total),
    )


def _rates(part: EarningPart) -> Rates:
    return Rates(part.fee_basis_points, part.vat_basis_points, part.pit_basis_points)


def _post(kind: str, ref_type: str, ref_id: str, occurred_at: datetime, rows: list[Earning]) -> None:
    ledger.post(kind, ref_type=ref_type, ref_id=ref_id, occurred_at=occurred_at, lines=_lines(rows))


def _lines(rows: list[Earning]) -> dict[str, Dong]:
    """The posting of some earnings: escrow on one side, those who get it on the other; nothing of zero."""
    lines: dict[str, Dong] = {ESCROW: Dong(0)}

    def add(code: str, amount: int) -> None:
        lines[code] = Dong(lines.get(code, 0) + amount)

    for row in rows:
        add(ESCROW, row.gross)
        for code, amount in ((FEE, row.fee), (VAT, row.vat), (PIT, row.pit)):
            add(code, -amount)
        add(f"producer:{db.session.get_one(SubOrder, row.sub_order_id).producer_id}:payable", -row.net)
    return {code: amount for code, amount in lines.items() if amount}
