"""Fee and withheld taxes of a parcel are the rule on what is left of it, whatever became of its refunds meanwhile.

Random refunds are promised, carried out, refused and sent back; a small model of plain numbers stands beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.checkout import flows, services
from marketplace.checkout.models import Earning
from marketplace.checkout.queries import earnings
from marketplace.checkout.services import NewRule
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks
from marketplace.ledger import services as ledger
from marketplace.ledger.queries import balance, find_entry
from marketplace.orders.models import SubOrder
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from marketplace.payments.services.refunds import return_refund
from marketplace.producers.models import Producer, ProducerKind
from marketplace.settlement.queries.producer_statements import RowKind, get_statement
from tests.checkout.buying import earnings_of, order, payment_of, transfer
from tests.checkout.conftest import Stock

#: Fee, value added tax and income tax, in percent.
PERCENT = {
    "goods": (Fraction("3.33"), Fraction(1), Fraction("0.5")),
    "delivery": (Fraction(0), Fraction(3), Fraction("1.5")),
}
PRICE, DELIVERY = 29_997, 20_000
STEPS = 40
#: Of goods or delivery, so many dong.
Share = tuple[str, int]


@dataclass
class Model:
    """Refunds by key: those on their way, and those that arrived."""

    promised: dict[str, Share] = field(default_factory=dict)
    arrived: dict[str, Share] = field(default_factory=dict)

    def left(self, what: str) -> int:
        """Dong that nobody has asked back."""
        asked = [*self.promised.values(), *self.arrived.values()]
        return {"goods": PRICE, "delivery": DELIVERY}[what] - sum(dong for of, dong in asked if of == what)

    def kept(self) -> list[int]:
        """Fee and taxes: the rule on what was paid less the rule on what went back."""
        whole, back = _rule([("goods", PRICE), ("delivery", DELIVERY)]), _rule(self.arrived.values())
        return [one - other for one, other in zip(whole, back, strict=True)]


def _rule(shares: Iterable[Share]) -> list[int]:
    """Of each the exact sum, rounded once, half a dong up."""
    shares = list(shares)
    exact = [sum(dong * PERCENT[what][column] / 100 for what, dong in shares) for column in range(3)]
    return [int(dong + Fraction(1, 2)) for dong in exact]


@pytest.fixture
def part(stock: Stock, context: Flask) -> SubOrder:
    """A paid parcel of a household business, under a fee of 3.33 %."""
    with transaction():
        services.add_fee_rule(NewRule(None, None, 333, clock.today(), "Hợp đồng mẫu"), actor_id=None)
    placed = order({stock(price=PRICE): 1})
    (found,) = placed.sub_orders
    with transaction():
        db.session.get_one(Producer, found.producer_id).kind = ProducerKind.HOUSEHOLD_BUSINESS
    transfer(payment_of(placed))
    return db.session.get_one(SubOrder, found.id)


def _promise(part: SubOrder, what: str, dong: int, key: str) -> None:
    line_id = part.lines[0].id if what == "goods" else None
    flows.refund_parcel(part, {line_id: Dong(dong)}, reason="Thiếu hàng", key=key, actor_id=None)


def _refund(key: str) -> Refund:
    return db.session.scalars(select(Refund).where(Refund.idempotency_key == key)).one()


def _carry_out(key: str) -> None:
    with transaction():
        assert payments.settle_refund(_refund(key), occurred_at=clock.now())


def _fail(key: str) -> None:
    with transaction():
        assert payments.fail_refund(_refund(key), code="account_closed", occurred_at=clock.now())


def _return(key: str) -> None:
    with transaction():
        assert return_refund(_refund(key), occurred_at=clock.now())


def _step(part: SubOrder, model: Model, dice: Random, number: int) -> None:
    """One random thing happens to the shop and to the model."""
    what = dice.choice(("goods", "goods", "delivery"))
    act = dice.choice(("promise", "promise", "carry out", "fail", "undo"))
    if act == "promise" and model.left(what):
        most = min(model.left(what), dice.choice((1, 60, 5_000, PRICE)))
        key, dong = f"refund-{number}", dice.randint(1, most)
        _promise(part, what, dong, key)
        model.promised[key] = (what, dong)
    elif act == "carry out" and model.promised:
        key = dice.choice(list(model.promised))
        _carry_out(key)
        model.arrived[key] = model.promised.pop(key)
    elif act == "fail" and model.promised:
        key = dice.choice(list(model.promised))
        _fail(key)
        del model.promised[key]
    elif act == "undo" and model.arrived:
        key = dice.choice(list(model.arrived))
        dice.choice((_fail, _return))(key)
        del model.arrived[key]


def _told(part: SubOrder) -> tuple[list[int], list[int]]:
    """What the earnings and what the books say: fee and taxes, and what the producer is owed."""
    rows = earnings_of(part)
    earned = [sum(getattr(row, column) for row in rows) for column in ("fee", "vat", "pit", "net")]
    codes = ("platform:fee", "tax:vat", "tax:pit", f"producer:{part.producer_id}:payable")
    return earned, [-balance(code) for code in codes]


def _expected(model: Model) -> list[int]:
    left = PRICE + DELIVERY - sum(dong for _what, dong in model.arrived.values())
    return [*model.kept(), left - sum(model.kept())]


@pytest.mark.parametrize("seed", range(4))
def test_after_every_refund_fee_and_taxes_are_the_rule_on_what_is_left(part: SubOrder, seed: int) -> None:
    dice, model = Random(seed), Model()
    for number in range(STEPS):
        _step(part, model, dice, number)
        assert _told(part) == (_expected(model), _expected(model)), (seed, number)
    assert audit_checks.run() == []
    statement = get_statement(part.producer, clock.today().year, clock.today().month)
    assert statement.closing == _expected(model)[3]
    assert all(row.net == row.gross - row.fee - row.vat - row.pit for row in statement.rows)
    assert {RowKind.REFUND, RowKind.REFUND_UNDONE} <= {row.kind for row in statement.rows}
    assert RowKind.OTHER not in {row.kind for row in statement.rows}


def _give_again_what_was_taken(refund: Refund) -> None:
    """The control: each row is answered by its opposite, whatever was rounded since."""
    for row in earnings.earnings_of_refund(refund):
        columns = {column: -getattr(row, column) for column in ("gross", "fee", "vat", "pit", "net")}
        same = {"sub_order_id": row.sub_order_id, "payment_id": row.payment_id, "refund_id": refund.id}
        db.session.add(Earning(**same, **columns, restores_id=row.id, occurred_at=clock.now()))
    entry = find_entry("refund_share", ref_type="refund", ref_id=refund.public_id)
    assert entry is not None
    ledger.reverse(entry, occurred_at=clock.now())


def _fail_between_two_others(part: SubOrder) -> None:
    """After 50 dong of goods VAT has lost half a dong, rounded up; what comes next pays for that."""
    for key in ("first", "second"):
        _promise(part, "goods", 50, key)
        _carry_out(key)
    _fail("first")


def test_a_dong_that_was_rounded_between_two_refunds_is_put_right_at_once(part: SubOrder) -> None:
    _fail_between_two_others(part)
    model = Model(arrived={"second": ("goods", 50)})
    assert _told(part) == (_expected(model), _expected(model))


def test_without_counting_anew_a_dong_is_wrong_and_the_audit_says_so_until_the_next_refund(
    part: SubOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(services, "give_shares_again", _give_again_what_was_taken)
        _fail_between_two_others(part)
    model = Model(arrived={"second": ("goods", 50)})
    assert _told(part)[0] == _told(part)[1] != _expected(model)
    (finding,) = audit_checks.run()
    assert (finding.check.name, finding.rows[0]["sub_order_id"]) == ("I35h", part.id)
    _promise(part, "goods", 7_000, "third")
    _carry_out("third")
    assert audit_checks.run() == []
    statement = get_statement(part.producer, clock.today().year, clock.today().month)
    assert RowKind.REFUND_UNDONE in {row.kind for row in statement.rows}
