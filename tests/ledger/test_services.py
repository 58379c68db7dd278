"""A fact is posted once, balanced, and never changed afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import chart, queries, services

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
SALE = {"gateway:card": Dong(150_000), "order:escrow": Dong(-150_000)}


def _post(ref_id: str = "p1", lines: dict[str, Dong] | None = None, occurred_at: datetime = NOON) -> object:
    return services.post(
        "payment_settled", ref_type="payment", ref_id=ref_id, occurred_at=occurred_at, lines=lines or SALE
    )


def test_a_posting_moves_both_balances(context: Flask) -> None:
    with transaction():
        assert _post() is not None
    assert queries.balance("gateway:card") == 150_000
    assert queries.balance("order:escrow") == -150_000
    assert queries.balance("unapplied") == 0
    expected = {"gateway:card": 150_000, "order:escrow": -150_000, "unapplied": 0}
    assert queries.balances(expected) == expected


def test_a_fact_is_posted_once(context: Flask) -> None:
    with transaction():
        _post()
    with transaction():
        assert _post(lines={"gateway:card": Dong(1), "order:escrow": Dong(-1)}) is None
    assert queries.balance("gateway:card") == 150_000


@pytest.mark.parametrize(
    "lines",
    [
        {"gateway:card": Dong(1)},
        {"gateway:card": Dong(2), "order:escrow": Dong(-1)},
        {"gateway:card": Dong(0), "order:escrow": Dong(0)},
        {"gateway:card": 1.0, "order:escrow": -1.0},
        {"gateway:card": True, "order:escrow": -1},
        {"gateway:card": Dong(1_000_000_000_001), "order:escrow": Dong(-1_000_000_000_001)},
        {"gateway:card": Dong(5), "producer:x:payable": Dong(-5)},
    ],
)
def test_what_does_not_balance_is_refused_and_leaves_nothing(context: Flask, lines: dict[str, Dong]) -> None:
    with pytest.raises(ValueError), transaction():  # noqa: PT011  # three sentences, one refusal
        _post(lines=lines)
    assert queries.trial_balance() == []


def test_a_reversal_names_the_first_posting_and_takes_it_back_once(context: Flask) -> None:
    with transaction():
        _post()
    entry = queries.find_entry("payment_settled", ref_type="payment", ref_id="p1")
    assert entry is not None
    with transaction():
        undone = services.reverse(entry, occurred_at=NOON)
        assert undone is not None and undone.reverses_id == entry.id
        assert queries.lines_of(undone) == {"gateway:card": -150_000, "order:escrow": 150_000}
        assert services.reverse(entry, occurred_at=NOON) is None
    assert queries.balance("gateway:card") == 0


def test_a_balance_can_be_asked_for_an_earlier_moment(context: Flask) -> None:
    with transaction():
        _post("p1")
        _post("p2", occurred_at=datetime(2026, 11, 22, 5, tzinfo=UTC))
    assert queries.balance("gateway:card", before=datetime(2026, 11, 22, tzinfo=UTC)) == 150_000
    assert queries.balance("gateway:card") == 300_000


def test_both_columns_of_the_trial_balance_agree(context: Flask) -> None:
    with transaction():
        _post("p1")
        _post("p2", {"order:escrow": Dong(90_000), "producer:7:payable": Dong(-90_000)})
    rows = queries.trial_balance()
    assert [(row.code, row.balance) for row in rows] == [
        ("gateway:card", 150_000),
        ("order:escrow", -60_000),
        ("producer:7:payable", -90_000),
    ]
    assert sum(row.debit for row in rows) == sum(row.credit for row in rows) == 240_000


@pytest.mark.parametrize("table", ["ledger_account", "ledger_entry", "ledger_line"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_the_ledger(context: Flask, table: str, verb: str) -> None:
    with transaction():
        _post()
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(verb.format(table)))
    assert queries.balance("gateway:card") == 150_000


def _empty(table: str) -> Any:
    """Take every row out in the quickest way of the database; SQLite has no TRUNCATE."""
    return text(f"TRUNCATE {table} CASCADE" if db.engine.dialect.name == "postgresql" else f"DELETE FROM {table}")


@pytest.mark.parametrize("table", ["ledger_account", "ledger_entry", "ledger_line"])
def test_the_database_itself_refuses_to_empty_the_ledger(context: Flask, table: str) -> None:
    with transaction():
        _post()
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(_empty(table))
    assert queries.balance("gateway:card") == 150_000


def test_without_its_trigger_the_ledger_could_be_emptied(context: Flask) -> None:
    with transaction():
        _post()
    of_table = " ON ledger_line" if db.engine.dialect.name == "postgresql" else ""
    guard = "ledger_line_no_truncate" if of_table else "ledger_line_no_delete"
    with pytest.raises(InterruptedError), transaction():
        db.session.execute(text(f"DROP TRIGGER {guard}{of_table}"))
        db.session.execute(_empty("ledger_line"))
        assert queries.balance("gateway:card") == 0
        raise InterruptedError  # both databases take the whole of it back
    assert queries.balance("gateway:card") == 150_000


def test_the_database_itself_refuses_fractions_of_a_dong(context: Flask) -> None:
    with transaction():
        _post()
    statement = text("INSERT INTO ledger_line (entry_id, account_id, amount) VALUES (1, 1, 0.25)")
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(statement)


def test_every_account_of_the_chart_has_a_side() -> None:
    assert chart.kind_of("stall:12:own_bank") is chart.AccountKind.MEMO
    with pytest.raises(ValueError, match="does not know"):
        chart.kind_of("producer::payable")
