"""A producer's statement and the monthly tax list: they add up to the dong with the books, on pages and in files."""

import csv
import io
from datetime import UTC, datetime, timedelta

import openpyxl
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.ledger.queries import balance
from marketplace.orders.models import SubOrder
from marketplace.producers.models import Producer, ProducerKind
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.queries.producer_statements import RowKind, get_statement
from marketplace.settlement.queries.taxes import get_tax_list
from marketplace.web.messages import say
from tests.checkout.buying import order, payment_of, take_back, transfer
from tests.checkout.conftest import Stock, country, stock
from tests.settlement.paying_out import bank_says, delivered, payout_of, person, refunded, requested, with_account
from tests.signing_in import signed_in

__all__ = ["country", "stock"]


def _this() -> tuple[int, int]:
    today = clock.today()
    return today.year, today.month


def _household(stock: Stock, *, name: str = "=HYPERLINK(1)", tax_code: str | None = None) -> int:
    """A household business with goods on its shelf; the id of the pack."""
    pack_id = stock()
    with transaction():
        producer = db.session.scalars(select(Producer)).one()
        producer.kind, producer.name, producer.tax_code = ProducerKind.HOUSEHOLD_BUSINESS, name, tax_code
    return pack_id


def _sold_refunded_and_paid(pack_id: int) -> SubOrder:
    part = delivered(pack_id)
    with_account(part.producer_id)
    refunded(part, 20_000)
    batch = requested(part.producer_id)
    flows.approve(batch.id, actor_id=person())
    bank_says(payout_of(batch), "returned")
    return part


def test_a_statement_adds_up_with_the_books_to_the_dong(stock: Stock, context: Flask) -> None:
    part = _sold_refunded_and_paid(_household(stock))
    producer = db.session.get_one(Producer, part.producer_id)
    found = get_statement(producer, *_this())
    code = f"producer:{producer.id}:payable"
    assert (found.opening, found.closing) == (-balance(code, before=found.begin), -balance(code, before=found.end))
    assert [row.kind for row in found.rows] == [RowKind.SALE, RowKind.REFUND, RowKind.PAYOUT, RowKind.PAYOUT_FREED]
    assert found.opening + sum(row.net for row in found.rows) == found.closing == found.rows[-1].balance > 0
    for row in found.rows[:2]:
        assert row.net == row.gross - row.fee - row.vat - row.pit and row.order_number == part.order.number
    assert (found.rows[0].gross, found.rows[1].gross) == (80_000, -20_000)
    assert found.rows[0].vat > 0 > found.rows[1].vat


def test_what_the_bank_took_back_undoes_its_sale(stock: Stock, context: Flask) -> None:
    placed = order({stock(): 1})
    transfer(payment_of(placed), reference="FT1")
    take_back("FT1")
    producer = db.session.scalars(select(Producer)).one()
    found = get_statement(producer, *_this())
    assert [(row.kind, row.gross, row.net) for row in found.rows] == [
        (RowKind.SALE, 80_000, 80_000),
        (RowKind.SALE_UNDONE, -80_000, -80_000),
    ]
    assert {row.order_number for row in found.rows} == {placed.number}
    assert (found.total("gross"), found.total("net", RowKind.OTHER), found.closing) == (0, 0, 0)


def test_the_month_is_vietnams_and_half_open(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    midnight = datetime(2026, 9, 30, 17, tzinfo=UTC)  # the first of October in Vietnam
    parts = []
    for moment in (midnight - timedelta(seconds=1), midnight):
        with clock.frozen(moment):
            parts.append(delivered(pack_id))
    producer = db.session.get_one(Producer, parts[0].producer_id)
    september, october = get_statement(producer, 2026, 9), get_statement(producer, 2026, 10)
    assert [row.order_number for row in september.rows] == [parts[0].order.number]
    assert [row.order_number for row in october.rows] == [parts[1].order.number]
    assert september.closing == october.opening == 80_000


def test_the_tax_list_adds_up_with_the_books(stock: Stock, context: Flask) -> None:
    _sold_refunded_and_paid(_household(stock))
    found = get_tax_list(*_this())
    (row,) = found.rows
    assert (row.gross, row.gross_back, row.has_identity) == (80_000, -20_000, False)
    assert (found.total("vat_due"), found.total("pit_due")) == (-balance("tax:vat"), -balance("tax:pit"))
    assert found.agrees and row.vat_due == row.vat + row.vat_back and row.vat_back < 0
    assert found.without_identity == 1


def test_a_cooperative_stands_in_no_tax_list(stock: Stock, context: Flask) -> None:
    delivered(stock())
    found = get_tax_list(*_this())
    assert (list(found.rows), found.booked_vat, found.agrees) == ([], 0, True)


def test_the_rates_of_the_sale_decide_not_what_the_producer_is_now(stock: Stock, context: Flask) -> None:
    pack_id = stock()
    delivered(pack_id)
    with transaction():
        db.session.scalars(select(Producer)).one().kind = ProducerKind.HOUSEHOLD_BUSINESS
    part = delivered(pack_id)
    with transaction():
        db.session.scalars(select(Producer)).one().kind = ProducerKind.COOPERATIVE
    refunded(part, 20_000)
    found = get_tax_list(*_this())
    (row,) = found.rows
    assert (row.gross, row.gross_back, found.agrees) == (80_000, -20_000, True)


def test_tax_that_no_earning_explains_is_seen(stock: Stock, context: Flask) -> None:
    """The control: the list is compared with the books, not with itself."""
    from marketplace.core.money import Dong
    from marketplace.ledger import services as ledger

    delivered(_household(stock))
    lines = {"tax:vat": Dong(-5), "platform:cost": Dong(5)}
    with transaction():
        ledger.post("test", ref_type="test", ref_id="1", occurred_at=clock.now(), lines=lines)
    assert not get_tax_list(*_this()).agrees


# -- pages and files -----------------------------------------------------------------------------------------------


def test_the_files_of_a_statement_hold_the_rows_of_the_page(app: Flask, stock: Stock) -> None:
    with app.app_context():
        part = _sold_refunded_and_paid(_household(stock))
        producer_id, number = part.producer_id, part.order.number
        closing = get_statement(db.session.get_one(Producer, producer_id), *_this()).closing
        month = f"{clock.today():%Y-%m}"
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    door = f"/my/producers/{producer_id}/statement"
    page = member.get(door).text
    assert number in page and "Số dư cuối kỳ" in page
    told = member.get(f"{door}/{month}.csv")
    assert told.data.startswith(b"\xef\xbb\xbf") and "attachment" in told.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(told.data.decode("utf-8-sig"))))
    assert rows[0][1] == "'=HYPERLINK(1)", "no formula"
    assert rows[-1][-1] == str(closing)
    book = openpyxl.load_workbook(io.BytesIO(member.get(f"{door}/{month}.xlsx").data))
    sheet = book.worksheets[0]
    assert sheet["B1"].value == "=HYPERLINK(1)" and sheet["B1"].data_type == "s", "text, no formula"
    assert sheet.cell(sheet.max_row, 9).value == closing
    assert len(book.worksheets) == 2


def test_another_producers_statement_and_strange_months_are_not_found(app: Flask, stock: Stock) -> None:
    pack_id = stock()
    with app.app_context():
        producer_id = delivered(pack_id).producer_id
    door = f"/my/producers/{producer_id}/statement"
    assert signed_in(app, Role.PRODUCER).get(door).status_code == 404
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    for month in ("2026-13", "2026-1", "2199-01", "0000-01", "x", "2026-01-01"):
        assert member.get(f"{door}/{month}").status_code == 404, month
        assert member.get(f"{door}/{month}.csv").status_code == 404, month


def test_an_operator_sees_who_is_owed_what_and_the_taxes(app: Flask, stock: Stock) -> None:
    with app.app_context():
        part = _sold_refunded_and_paid(_household(stock, name="Hộ Lan"))
        producer_id, month = part.producer_id, f"{clock.today():%Y-%m}"
        vat = -balance("tax:vat")
    operator = signed_in(app, Role.OPERATOR)
    assert "Hộ Lan" in operator.get("/operator/money/owed").text
    assert "Hộ Lan" in operator.get(f"/operator/money/producers/{producer_id}/statement").text
    page = operator.get("/operator/money/taxes").text
    assert "Hộ Lan" in page and "117/2025/NĐ-CP" in page and "mô phỏng" in page and "chưa có" in page
    book = openpyxl.load_workbook(io.BytesIO(operator.get(f"/operator/money/taxes/{month}.xlsx").data))
    sheet = book.worksheets[0]
    assert sheet.cell(sheet.max_row, 9).value == sheet.cell(sheet.max_row - 1, 9).value == vat


def test_a_month_and_a_sum_are_written_as_people_read_them(app: Flask) -> None:
    page = signed_in(app, Role.OPERATOR).get("/operator/money/taxes?month=2026-10").text
    assert "10/2026" in page and ">2026-10<" not in page
    with app.test_request_context():
        assert say("refund_too_large", left=61_000) == "Ở đây chỉ còn hoàn được nhiều nhất 61.000 đồng."
