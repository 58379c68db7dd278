"""Each role finds on the desk what waits for it, and nothing of a neighbour's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.audit.models import AuditEvent
from marketplace.catalogue.models import ProductState
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.ocop.models import CertificateState
from marketplace.outbox.models import OutboxMessage
from marketplace.payments.models import (
    BankReceipt,
    EventSource,
    GatewayEvent,
    Payment,
    PaymentState,
    Purpose,
    Rail,
    ReceiptState,
    Refund,
    RefundState,
)
from marketplace.producers.models import Producer, ProducerEvent, ProducerState
from marketplace.stalls.models import Means, Stall
from tests.desk.world import CANARY, Side, Two, fill_again, make_two
from tests.factories.figures import make_order, make_sale
from tests.factories.shelf import make_producer, make_shelf
from tests.signing_in import post_form, signed_in, user_id_of

PRODUCER_LISTS = {
    "to-pack": "Gói Thốt Nốt",
    "to-hand-over": "Gói Thốt Nốt",
    "on-the-way": "Gói Thốt Nốt",
    "to-correct": "Ghi lại khối lượng Thốt Nốt",
    "in-approval": "Bánh chờ duyệt Thốt Nốt",
    "own-not-for-sale": "Hết hàng Thốt Nốt",
    "own-ending": "Sắp hết hạn Thốt Nốt",
    "own-lapsed": "Hết hạn Thốt Nốt",
    "lots": "Chờ kiểm Thốt Nốt",
    "to-receive": "1.234.000",
}
AREA_LISTS = {
    "ending": "Sắp hết hạn Thốt Nốt",
    "lapsed": "Hết hạn Thốt Nốt",
    "not-for-sale": "Hết hàng Thốt Nốt",
    "reports": "Thoại Sơn",
}


def _member(app: Flask, side: Side) -> FlaskClient:
    return signed_in(app, Role.PRODUCER, subject_id=side.producer)


@pytest.fixture
def two(app: Flask) -> Two:
    return make_two(app)


@pytest.fixture
def officer(app: Flask, two: Two) -> FlaskClient:
    return signed_in(app, Role.COMMUNE_OFFICER, unit_id=two.own.commune)


@pytest.fixture
def governor(app: Flask, two: Two) -> FlaskClient:
    return signed_in(app, Role.PROVINCE_OFFICER, unit_id=two.own.province)


# -- the producer --------------------------------------------------------------------------------------------------


def test_a_producer_finds_everything_that_waits_and_nothing_of_a_neighbour(app: Flask, two: Two) -> None:
    client = _member(app, two.own)
    desk = client.get("/desk").text
    for code, words in PRODUCER_LISTS.items():
        whole = client.get(f"/desk/{code}")
        assert whole.status_code == 200 and words in whole.text, code
        assert words in desk, code
        assert CANARY not in whole.text, code
    assert CANARY not in desk
    assert "mô phỏng" in desk and "Thiếu ảnh Thốt Nốt" in desk


def test_the_canary_sings_for_its_own_producer(app: Flask, two: Two) -> None:
    """The control: the neighbour's desk shows what the own one must not."""
    assert _member(app, two.other).get("/desk").text.count(CANARY) > 10


def test_each_product_not_for_sale_says_why(app: Flask, two: Two) -> None:
    page = _member(app, two.own).get("/desk/own-not-for-sale").text
    ended = clock.today() - timedelta(days=3)
    assert "Giấy chứng nhận OCOP đã hết hạn" in page and f"{ended:%d/%m/%Y}" in page
    assert "/producer/lots/new" in page


def test_a_renewed_certificate_is_not_complained_about(app: Flask, two: Two) -> None:
    assert "Đã gia hạn" not in _member(app, two.own).get("/desk/own-lapsed").text


def test_a_suspended_producer_reads_the_reason(app: Flask, two: Two) -> None:
    with app.app_context(), transaction():
        producer = db.session.get_one(Producer, two.own.producer)
        producer.state, producer.state_before_suspension = ProducerState.SUSPENDED, ProducerState.VERIFIED
        db.session.add(
            ProducerEvent(
                producer_id=producer.id, from_state="verified", to_state="suspended", reason="Nhãn sai", at=clock.now()
            )
        )
    assert "Nhãn sai" in _member(app, two.own).get("/desk").text


# -- officers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "governor"])
def test_officers_see_their_area_and_nothing_beyond(
    app: Flask, two: Two, who: str, request: pytest.FixtureRequest
) -> None:
    client: FlaskClient = request.getfixturevalue(who)
    desk = client.get("/desk").text
    for code, words in AREA_LISTS.items():
        whole = client.get(f"/desk/{code}").text
        assert CANARY not in whole and "Vô Tranh" not in whole, code
        assert words in whole or (code == "reports" and "An Giang" in whole), code
    assert CANARY not in desk
    assert "Giấy chứng nhận OCOP đã hết hạn" in client.get("/desk/not-for-sale").text


def test_only_the_province_approves(officer: FlaskClient, governor: FlaskClient) -> None:
    assert "/review/products/" in governor.get("/desk").text
    assert "/review/products/" not in officer.get("/desk").text
    assert CANARY not in governor.get("/desk/to-approve-here").text


def test_the_report_of_the_last_month_and_the_running_one_say_what_is_missing(officer: FlaskClient, two: Two) -> None:
    page = officer.get("/desk").text
    this_month = clock.today().replace(day=1)
    for month in (this_month, clock.add_months(this_month, -1)):
        assert f"/reports/{two.own.commune}?month={month:%Y-%m}" in page
    assert "Còn thiếu 10 số liệu" in page and f"/programme/figures/{two.own.commune}" in page


# -- the operator --------------------------------------------------------------------------------------------------


def _trouble(app: Flask) -> int:
    """One row in every queue of the operator; the id of the dead message."""
    now, earlier = clock.now(), clock.now() - timedelta(days=3)
    with app.app_context(), transaction():
        make_producer("Hợp tác xã Mới", state=ProducerState.PENDING)
        make_shelf("Sản phẩm chờ", state=ProductState.SUBMITTED)
        make_shelf("Năm sao", certificate={"state": CertificateState.PROPOSED, "stars": 5})
        payments = [_payment("stuck", Rail.CARD, PaymentState.PENDING), _payment("cash", Rail.CASH_ON_DELIVERY)]
        db.session.add_all(payments)
        db.session.flush()
        db.session.add_all(
            [
                BankReceipt(
                    bank_reference="FT-LAC", bin="970000", account="1", is_ours=True, amount=Dong(77_000), memo="tra",
                    transacted_at=earlier, received_at=earlier, state=ReceiptState.UNAPPLIED, reason="no_code",
                ),
                BankReceipt(
                    bank_reference="FT-RIENG", bin="970000", account="2", is_ours=False, amount=Dong(88_000), memo="",
                    transacted_at=earlier, received_at=earlier, state=ReceiptState.UNAPPLIED, reason="no_code",
                ),
                GatewayEvent(
                    source=EventSource.STRIPE, event_id="evt_sai", type="x", body="{}", body_hash="0" * 64,
                    received_at=earlier, ignored_reason="wrong_amount",
                ),
                Refund(
                    public_id="re-tay", payment_id=payments[1].id, amount=Dong(5_000), state=RefundState.PENDING,
                    idempotency_key="re-tay", reason="vỡ", created_at=earlier,
                ),
            ]
        )  # fmt: skip
        message = OutboxMessage(
            key="chet-1", topic="order.paid", payload="{}", created_at=earlier, due_at=earlier, attempts=12,
            last_error="không có mạng", dead_at=now,
        )  # fmt: skip
        db.session.add(message)
        db.session.flush()
        return message.id


def _payment(name: str, rail: Rail, state: PaymentState = PaymentState.CREATED) -> Payment:
    return Payment(
        public_id=name, purpose=Purpose.ORDER, rail=rail, amount=Dong(50_000), state=state, idempotency_key=name,
        created_at=clock.now() - timedelta(days=3),
    )  # fmt: skip


def test_the_operator_finds_every_queue_with_count_and_age(app: Flask) -> None:
    _trouble(app)
    page = signed_in(app, Role.OPERATOR).get("/desk").text
    for words in ("Hợp tác xã Mới", "Sản phẩm chờ", "Năm sao", "FT-LAC", "re-tay", "Số tiền khác", "stuck", "chet-1"):
        assert words in page, words
    assert "77.000" in page and "3 ngày trước" in page
    assert "FT-RIENG" not in page, "a trader's own money is none of our business"
    assert page.count('<span class="desk-count">1</span>') == 8


def test_the_operator_lets_a_dead_message_be_tried_again(app: Flask) -> None:
    message_id = _trouble(app)
    assert post_form(signed_in(app), f"/desk/messages/{message_id}/retry").status_code == 403
    assert post_form(signed_in(app, Role.OPERATOR), f"/desk/messages/{message_id}/retry").status_code == 303
    with app.app_context():
        assert db.session.get_one(OutboxMessage, message_id).dead_at is None
        assert db.session.query(AuditEvent).filter_by(action="message.revived").count() == 1


# -- the market and buyers -----------------------------------------------------------------------------------------


def test_a_trader_sees_the_own_stall_with_the_takings_of_today(app: Flask, two: Two) -> None:
    with app.app_context(), transaction():
        for stall_id, amount in ((two.own.stall, 45_000), (two.other.stall, 99_000)):
            make_sale(db.session.get_one(Stall, stall_id), amount, clock.now(), means=Means.CASH)
    page = signed_in(app, Role.VENDOR, subject_id=two.own.stall).get("/desk").text
    assert f'href="/till/{two.own.stall}"' in page and "45.000" in page
    assert CANARY not in page and "99.000" not in page


def test_a_manager_sees_the_own_market_without_takings(app: Flask, two: Two) -> None:
    page = signed_in(app, Role.MARKET_MANAGER, subject_id=two.own.market_id).get("/desk").text
    assert f"/markets/{two.own.market}/shares" in page and f"/markets/{two.own.market}/manage" in page
    assert CANARY not in page


def test_a_buyer_sees_the_own_orders_and_not_those_of_others(app: Flask, two: Two) -> None:
    client, other = signed_in(app), signed_in(app)
    with app.app_context(), transaction():
        producer = db.session.get_one(Producer, two.own.producer)
        own, strange = make_order(producer, at=clock.now()), make_order(producer, at=clock.now())
        own.user_id, strange.user_id = user_id_of(client), user_id_of(other)
        numbers = own.number, strange.number
    page = client.get("/desk").text
    assert numbers[0] in page and numbers[1] not in page


def test_somebody_new_is_shown_the_way_to_the_shop(app: Flask) -> None:
    assert 'class="btn btn-primary" href="/products"' in signed_in(app).get("/desk").text


# -- all -----------------------------------------------------------------------------------------------------------


def test_several_roles_stand_one_under_the_other(app: Flask, two: Two) -> None:
    member = _member(app, two.own)
    client = signed_in(app, Role.VENDOR, subject_id=two.own.stall, user_id=user_id_of(member))
    page = client.get("/desk").text
    assert page.index("Sạp của tôi") < page.index("Việc của cơ sở") < page.index("Gói Thốt Nốt")


def test_a_list_of_another_role_is_not_there(app: Flask) -> None:
    assert signed_in(app).get("/desk/to-verify").status_code == 404
    assert signed_in(app).get("/desk/khong-co").status_code == 404
    assert signed_in(app, Role.OPERATOR).get("/desk/to-verify?page=x").status_code == 200


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _queries(app: Flask, two: Two, address: str) -> list[int]:
    found = []
    for role, scope in (
        (Role.PRODUCER, {"subject_id": two.own.producer}),
        (Role.COMMUNE_OFFICER, {"unit_id": two.own.commune}),
        (Role.PROVINCE_OFFICER, {"unit_id": two.own.province}),
        (Role.OPERATOR, {}),
    ):
        client = signed_in(app, role, **scope)
        with _counted(app) as asked:
            assert client.get(address).status_code == 200
        found.append(len(asked))
    return found


def test_more_rows_do_not_ask_more_questions(app: Flask) -> None:
    two = make_two(app)
    few = _queries(app, two, "/desk")
    with app.app_context():
        fill_again(two.own.producer, times=6)
    many = _queries(app, two, "/desk")
    assert few == many
    assert max(many) <= 60
