"""An operator reads alarms in plain words: each check has a title and a first step, each column and number a name."""

import json
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.inventory.models import Lot
from marketplace.ledger import audit_checks
from marketplace.ledger.models import Alarm
from marketplace.settlement import alarm_columns, alarm_words
from marketplace.settlement.queries import alarm_subjects
from tests.checkout.buying import order, payment_of
from tests.checkout.conftest import Stock, country, stock
from tests.signing_in import signed_in

__all__ = ["country", "stock"]


def _columns() -> set[tuple[str, str]]:
    """(check, column) of everything that an alarm can show, as the database names it."""
    found = set()
    for check in audit_checks.checks():
        with db.session.connection().execute(audit_checks._statement(check, db.engine.dialect.name)) as result:
            found |= {(check.name, column) for column in list(result.keys()) if column not in check.hidden}
    return found


def _alarm(name: str, *rows: dict[str, Any]) -> None:
    with transaction():
        now = clock.now()
        db.session.add(Alarm(name=name, offenders=json.dumps(rows), first_seen_at=now, last_seen_at=now))


def test_each_check_has_its_words_in_vietnamese(context: Flask) -> None:
    assert set(alarm_words.TOLD) == {check.name for check in audit_checks.checks()}
    for name, told in alarm_words.TOLD.items():
        for sentence in (told.title, told.first):
            with force_locale("en"):
                english = str(sentence)
            with force_locale("vi"):
                assert str(sentence) not in ("", english), name


def test_each_column_that_an_alarm_shows_has_its_name(context: Flask) -> None:
    shown = _columns()
    assert {column for _check, column in shown} == set(alarm_columns.COLUMNS)
    with force_locale("vi"):
        assert [column for column, word in alarm_columns.COLUMNS.items() if column in str(word)] == []


def test_each_number_is_looked_up_without_a_fault(context: Flask) -> None:
    numbers: dict[str, Any] = {"fact": "pay_unknown"}
    wanted = [(meaning, numbers.get(meaning, 7)) for meaning in alarm_subjects.QUERIES]
    assert alarm_subjects.find_subjects(wanted) == {}
    assert len(wanted) > 20


@pytest.mark.parametrize(
    ("name", "row", "words"),
    [
        ("I19", {"lot_id": 7, "on_hand": 3, "moved": 5}, ("Lô hàng", ">3<", ">5<")),
        ("I06", {"code": "unapplied", "balance": 61000}, ("Tiền chưa khớp khoản nào", "61.000")),
        ("I16", {"order_id": 7, "hold_until": "2026-11-22 14:30:00.000000"}, ("22/11/2026 21:30",)),
        ("I16", {"order_id": 7, "hold_until": "no moment"}, ("no moment",)),
        ("I11", {"event_id": 7, "order_id": 7, "from_state": "paid", "to_state": "expired"}, ("Đã thanh toán",)),
        ("I01", {"entry_id": 7, "kind": "order_split", "lines": 1, "total": 5000}, (">1<", "5.000")),
        ("I30", {"account": "gateway:card", "kind": "unapplied"}, ("Cổng thẻ", "Chưa khớp khoản nào")),
        ("I02", {"line_id": 7, "amount": None}, ("–",)),
    ],
)
def test_the_page_tells_what_the_row_means(app: Flask, name: str, row: dict[str, Any], words: tuple[str, ...]) -> None:
    operator = signed_in(app, Role.OPERATOR)
    with app.app_context():
        _alarm(name, row)
    page = operator.get("/operator/money/alarms").text
    with app.test_request_context(), force_locale("vi"):
        assert str(alarm_words.TOLD[name].title) in page and str(alarm_words.TOLD[name].first) in page
    assert [word for word in words if word not in page] == []
    assert [column for column in row if f">{column}<" in page or f'"{column}"' in page] == []


def test_a_check_that_is_gone_is_shown_by_its_name(app: Flask) -> None:
    operator = signed_in(app, Role.OPERATOR)
    with app.app_context():
        _alarm("I99", {"stall_id": 7, "unheard_of": "x"})
    page = operator.get("/operator/money/alarms")
    assert page.status_code == 200 and "I99" in page.text


def test_orders_parcels_payments_and_lots_are_links_with_their_names(country: Flask, stock: Stock) -> None:
    with country.app_context():
        placed = order({stock(): 1})
        (part,) = placed.sub_orders
        lot = db.session.scalars(select(Lot)).one()
        _alarm("I07", {"order_id": placed.id, "sub_order_id": part.id})
        _alarm("I28", {"payment_id": payment_of(placed).id, "amount": 80_000})
        _alarm("I29", {"fact": payment_of(placed).public_id, "kind": "payment_settled", "what": "shares"})
        _alarm("I18", {"lot_id": lot.id})
        _alarm("I35d", {"producer_id": part.producer_id})
        page = signed_in(country, Role.OPERATOR).get("/operator/money/alarms").text
        link = f'<a href="/operator/money/orders/{placed.number}">{placed.number}'
        assert page.count(f"{link}</a>") == 3 and f"{link}, {part.producer.name}</a>" in page
        assert f'<a href="/t/{lot.trace_code}">{lot.code}</a>' in page
        assert f'<a href="/operator/money/producers/{part.producer_id}/statement">{part.producer.name}</a>' in page
