"""Every promise about payouts is kept by a sound shop and fires on a spoiled one."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from marketplace.core.db import db
from marketplace.ledger import audit_checks
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import Payout
from tests.checkout.conftest import Stock, country, stock
from tests.settlement.paying_out import bank_says, delivered, payout_of, person, refunded, requested, with_account

__all__ = ["country", "stock"]

#: Tables that are hidden by loose copies: there nothing but the audit guards anything.
LOOSE = (
    "payout_batch", "payout", "payout_line", "payout_account", "earning", "sub_order", "lot", "outgoing_transfer",
    "ledger_entry", "ledger_line", "ledger_account", "order_line", "stock_move", "refund",
)  # fmt: skip


@pytest.fixture
def paid(stock: Stock, context: Flask) -> Iterator[Payout]:
    """One payout that was paid, in a database whose tables can be spoiled."""
    part = delivered(stock())
    with_account(part.producer_id)
    refunded(part, 10_000)
    batch = requested(part.producer_id)
    flows.approve(batch.id, actor_id=person())
    bank_says(payout_of(batch), "succeeded")
    payout = payout_of(batch)
    db.session.rollback()
    for table in LOOSE:
        db.session.execute(text(f"CREATE TEMPORARY TABLE loose_{table} AS SELECT * FROM {table}"))
        db.session.execute(text(f"ALTER TABLE loose_{table} RENAME TO {table}"))
    yield payout
    db.session.rollback()
    for table in LOOSE:
        db.session.execute(text(f"DROP TABLE IF EXISTS {_temporary()}.{table}"))
    db.session.rollback()


def _temporary() -> str:
    return "pg_temp" if db.engine.dialect.name == "postgresql" else "temp"


def _fired() -> set[str]:
    return {finding.check.name for finding in audit_checks.run()}


def test_a_sound_payout_keeps_every_promise(paid: Payout) -> None:
    assert _fired() == set()


SPOILED = [
    ("I32", "UPDATE payout SET amount = amount + 1"),
    ("I32", "UPDATE payout_line SET amount = amount + 1"),
    ("I32", "INSERT INTO payout_line (id, payout_id, earning_id, amount) SELECT 99, payout_id, earning_id, amount "
            "FROM payout_line WHERE amount > 0"),
    ("I32b", "UPDATE payout_line SET freed_at = '2026-01-05 05:00:00'"),
    ("I32b", "UPDATE payout SET state = 'held'"),
    ("I32b", "UPDATE payout SET producer_id = producer_id + 1"),
    ("I33", "UPDATE sub_order SET delivered_at = NULL"),
    ("I33", "UPDATE sub_order SET delivered_at = (SELECT approved_at FROM payout)"),
    ("I33", "DELETE FROM payout_line WHERE amount < 0"),
    ("I33", "UPDATE lot SET state = 'recalled', state_changed_at = '2020-01-05 05:00:00'"),
    ("I34", "UPDATE payout_batch SET decided_by_id = requested_by_id"),
    ("I34", "UPDATE payout_batch SET state = 'refused'"),
    ("I34", "UPDATE payout_account SET decided_by_id = changed_by_id"),
    ("I34", "UPDATE payout_account SET decided_at = NULL"),
    ("I34", "UPDATE payout SET account_rests_until = '2020-01-05 05:00:00'"),
    ("I34", "UPDATE payout_account SET rests_until = '2099-01-05 05:00:00'"),
    ("I34", "UPDATE outgoing_transfer SET payee_account = '6666666666'"),
    ("I34", "UPDATE outgoing_transfer SET amount = amount + 1"),
    ("I34b", "UPDATE payout_account SET rests_until = changed_at"),
    ("I35d", "UPDATE payout SET state = 'held'"),
    ("I35d", "UPDATE payout SET state = 'approved'"),
    ("I35d", "DELETE FROM ledger_line WHERE entry_id IN (SELECT id FROM ledger_entry WHERE kind = 'payout_approved')"),
    ("I35e", "UPDATE outgoing_transfer SET state = 'returned'"),
    ("I35e", "UPDATE payout SET state = 'returned'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil"), SPOILED)
def test_a_spoiled_payout_is_found(paid: Payout, name: str, spoil: str) -> None:
    changed = db.session.execute(text(spoil))
    assert changed.rowcount > 0, "nothing was spoiled"
    assert name in _fired()
