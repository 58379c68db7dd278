"""The operator sees what differs, takes it, explains it, and takes statement files over by hand."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.audit.models import AuditEvent
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.roles import Role
from marketplace.payments import qr
from marketplace.payments.models import BankReceipt
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import DifferenceState, StatementDifference, StatementLine
from tests.payments.conftest import NOON, make_payment
from tests.payments.shop import OURS, Shop
from tests.signing_in import csrf_token, signed_in

PAGE = "/operator/money/differences"
HEAD = f"Số tài khoản: {OURS.account}\nNgày giao dịch;Số tham chiếu;Ghi nợ;Ghi có;Nội dung\n"


def post(client: FlaskClient, address: str, **values: Any) -> Any:
    return client.post(address, data={"csrf_token": csrf_token(client), **values})


def upload(client: FlaskClient, text: str, **values: Any) -> Any:
    file = (BytesIO(text.encode()), "sao-ke.csv")
    data = {"csrf_token": csrf_token(client), "file": file, **values}
    return client.post("/operator/money/statement-import", data=data, content_type="multipart/form-data")


def one_open(shop: Shop) -> int:
    shop.sandbox.pay(qr.payload(make_payment()), memo="tra tien")
    shop.deliver()
    reconcile()
    found = db.session.scalars(select(StatementDifference.id)).one()
    db.session.rollback()
    return found


def count(model: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_difference_is_shown_taken_and_closed_only_with_a_reason(app: Flask, shop: Shop) -> None:
    number, client = one_open(shop), signed_in(app, Role.OPERATOR)
    page = client.get(PAGE)
    assert page.status_code == 200 and "120.000" in page.text and "Chưa khớp khoản nào" in page.text
    assert post(client, f"{PAGE}/{number}/take").status_code == 303
    refused = post(client, f"{PAGE}/{number}/resolve", reason="x")
    assert refused.status_code == 422 and 'value="x"' in refused.text
    assert post(client, f"{PAGE}/{number}/resolve", reason="Khách chuyển nhầm").status_code == 303
    db.session.rollback()
    row = db.session.get_one(StatementDifference, number)
    assert row.state is DifferenceState.RESOLVED and row.owner_id == row.resolved_by_id
    actions = db.session.scalars(select(AuditEvent.action)).all()
    assert {"difference.taken", "difference.resolved"} <= set(actions)
    assert "Khách chuyển nhầm" in client.get(PAGE).text
    assert post(client, f"{PAGE}/{number}/take").status_code == 409
    assert post(client, f"{PAGE}/999/take").status_code == 404


def test_who_does_not_answer_is_named_in_words_and_not_by_an_error_of_the_program(app: Flask, shop: Shop) -> None:
    client = signed_in(app, Role.OPERATOR)
    shop.fault("bank", "reset", count=9)
    assert post(client, f"{PAGE}/compare").status_code == 303
    shown = client.get(PAGE).text
    assert "Có bên không trả lời: Ngân hàng" in shown and "Ngân hàng. Chưa đối chiếu" in shown
    assert "bank:" not in shown and "Connection" not in shown


def test_the_day_page_names_each_line_and_adds_up(app: Flask, shop: Shop) -> None:
    one_open(shop)
    client = signed_in(app, Role.OPERATOR)
    page = client.get(f"{PAGE}/day")
    assert page.status_code == 200 and "tra tien" in page.text and "Chưa khớp khoản nào" in page.text
    assert "Không khớp" not in page.text
    assert client.get(f"{PAGE}/day?account=gateway:card&day=2026-11-20").status_code == 200
    assert client.get(f"{PAGE}/day?account=1&day=2026-11-20").status_code == 404
    for day in ("31.11.2026", "2026-11-22", "0001-01-01", "1999-12-31"):
        assert client.get(f"{PAGE}/day?day={day}").status_code == 422


def test_a_forgotten_comparison_is_an_alarm(app: Flask, shop: Shop) -> None:
    client = signed_in(app, Role.OPERATOR)
    assert "chưa được đối soát lần nào" in client.get(PAGE).text
    assert post(client, f"{PAGE}/compare").status_code == 303
    assert 'role="alert"' not in client.get(PAGE).text
    with clock.frozen(NOON + timedelta(hours=27)):
        late = signed_in(app, Role.OPERATOR)
        assert "26 giờ" in late.get(PAGE).text


def test_a_file_is_checked_then_taken_over_once(app: Flask, shop: Shop) -> None:
    client = signed_in(app, Role.OPERATOR)
    assert client.get("/operator/money/statement-import").status_code == 200
    file = HEAD + "21/11/2026 10:00:00;FT1;;1.000;tien\n"
    checked = upload(client, file, only_check="1")
    assert checked.status_code == 200 and "mẫu A" in checked.text and count(StatementLine) == 0
    assert upload(client, file).status_code == 303 and count(BankReceipt) == 1
    assert upload(client, file).status_code == 303 and count(StatementLine) == 1
    page = client.get("/operator/money/statement-import")
    assert "sao-ke.csv, 1 dòng, 0 dòng mới" in page.text


def test_a_bad_file_is_refused_in_words_and_nothing_is_kept(app: Flask, shop: Shop) -> None:
    client = signed_in(app, Role.OPERATOR)
    bad = upload(client, HEAD + "21/11/2026;FT1;;1.000;tien\n32/11/2026;FT2;;1.000;tien\n")
    assert bad.status_code == 422 and "Dòng 4" in bad.text and "Ngày giao dịch" in bad.text and "32/11/2026" in bad.text
    assert count(StatementLine) == 0
    assert (
        "UTF-16"
        in client.post(
            "/operator/money/statement-import",
            data={"csrf_token": csrf_token(client), "file": (BytesIO(HEAD.encode("utf-16")), "x.csv")},
            content_type="multipart/form-data",
        ).text
    )
    nothing = client.post("/operator/money/statement-import", data={"csrf_token": csrf_token(client)})
    assert nothing.status_code == 422


def test_only_operators_come_in(app: Flask, shop: Shop) -> None:
    producer = signed_in(app, Role.PRODUCER)
    for address in (PAGE, f"{PAGE}/day", "/operator/money/statement-import"):
        assert producer.get(address).status_code == 403


def test_a_transfer_used_in_part_says_what_is_still_open(app: Flask, shop: Shop) -> None:
    shop.sandbox.pay(qr.payload(make_payment()), amount=150_500)
    shop.deliver()
    reconcile()
    text = signed_in(app, Role.OPERATOR).get(PAGE).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Đến 150.500 ₫, đã dùng 120.000 ₫, còn chờ 30.500 ₫" in text
    row = text[text.index('id="difference-') :]
    assert all(f"{amount} ₫</" in row for amount in ("150.500", "120.000", "30.500"))
    day = signed_in(app, Role.OPERATOR).get(f"{PAGE}/day").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "đã dùng 120.000 ₫, còn chờ 30.500 ₫" in day
