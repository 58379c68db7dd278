"""Letters to buyers: over SMTP to a real server, in the buyer's language, with the order's link; orders never wait."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import ConfigurationError, Development
from marketplace.checkout import flows, jobs, letters
from marketplace.checkout.announcing import ANNOUNCED, RETURN_TOPICS, SHIPPED
from marketplace.checkout.flows import RECALLED
from marketplace.checkout.setup import _mail_server
from marketplace.core.db import db
from marketplace.core.mail import Letter, MailNotSent, MailRefused, MailServer, Security
from marketplace.orders.models import Order, OrderState, SubOrderState
from marketplace.outbox.flows import deliver_next
from marketplace.outbox.models import OutboxMessage
from tests.checkout.buying import TYPED, add, fill_in, number_in, payment_of, transfer
from tests.checkout.conftest import Stock
from tests.checkout.post_office import PostOffice, open_post_office, trusting
from tests.signing_in import post_form

READER = "lan@example.vn"


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """The shop with a mail server."""
    with open_post_office() as made:
        for name, value in (
            ("MAIL_SERVER", "127.0.0.1"),
            ("MAIL_PORT", made.port),
            ("MAIL_SECURITY", "none"),
            ("MAIL_FROM", "Chợ OCOP <cho@example.vn>"),
        ):
            monkeypatch.setitem(app.config, name, value)
        jobs.register(_mail_server(app))
        yield made
    jobs.register(None)


def test_a_guest_gets_the_link_by_mail_and_it_opens_the_order(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice
) -> None:
    add(client, stock(), 1)
    number = number_in(_buy(client).location)
    _deliver(app)
    (letter,) = office.letters
    assert (letter["To"], letter["From"]) == (READER, "Chợ OCOP <cho@example.vn>")
    assert letter["Subject"] == f"Đơn hàng {number}: sàn đã nhận đơn"
    text = letter.get_content()
    assert "Chào Nguyễn Thị Lan" in text and "80.000" in text
    assert "mô phỏng" in text
    link = re.search(rf"http://127\.0\.0\.1:8000(/orders/{number}\?key=\S+)", text)
    assert link
    page = app.test_client().get(link[1])
    assert page.status_code == 200
    assert READER in page.text


def test_what_happens_later_is_told_too_and_in_the_language_of_the_order(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice
) -> None:
    add(client, stock(), 1)
    number = number_in(_buy(client).location)
    with app.app_context():
        order = db.session.scalars(select(Order).where(Order.number == number)).one()
        payment = payment_of(order)
        order_id = order.id
        transfer(payment)
        db.session.get_one(Order, order_id).locale = "en"
        db.session.commit()
    _deliver(app)
    assert [letter["Subject"] for letter in office.letters] == [
        f"Order {number}: we have your order",
        f"Order {number}: your payment arrived",
    ]
    assert len({letter["Message-ID"] for letter in office.letters}) == 2


@pytest.mark.parametrize(
    ("method", "words"),
    [("vietqr", "đang trên đường đến."), ("cash_on_delivery", "Mời chuẩn bị sẵn 80.000\xa0₫ tiền mặt.")],
)
def test_a_parcel_on_its_way_is_told_with_its_sender_and_the_cash_to_have_ready(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice, method: str, words: str
) -> None:
    add(client, stock(), 1)
    number = number_in(_buy(client, method).location)
    with app.app_context():
        order = db.session.scalars(select(Order).where(Order.number == number)).one()
        if method == "vietqr":
            transfer(payment_of(order))
        (part,) = order.sub_orders
        sender, part_id, producer_id = part.producer.name, part.id, part.producer_id
    _deliver(app)
    office.letters.clear()
    with app.app_context():
        for step in (SubOrderState.PACKED, SubOrderState.SHIPPED):
            flows.advance_parcel(part_id, [producer_id], step, actor_id=None)
    _deliver(app)
    (letter,) = office.letters
    assert letter["Subject"] == f"Đơn hàng {number}: một kiện hàng đang trên đường đến"
    assert f"Kiện hàng từ {sender}" in letter.get_content() and words in letter.get_content()


def test_the_same_message_twice_carries_the_same_id(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice
) -> None:
    add(client, stock(), 1)
    _buy(client)
    _deliver(app)
    with app.app_context():
        for message in db.session.scalars(select(OutboxMessage).where(OutboxMessage.topic == "order.placed")):
            message.done_at = None
        db.session.commit()
    _deliver(app)
    first, again = office.letters
    assert first["Message-ID"] == again["Message-ID"]


def test_a_server_that_is_away_delays_the_letter_and_nothing_else(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice
) -> None:
    add(client, stock(), 1)
    office.answer = "451 try later"
    number = number_in(_buy(client).location)
    assert _deliver(app) == 1
    with app.app_context():
        assert db.session.scalars(select(Order.state)).one() is OrderState.AWAITING_PAYMENT
        message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.topic == "order.placed")).one()
        assert (message.done_at, message.dead_at, message.last_error) == (None, None, "MailNotSent")
        message.due_at = message.created_at
        db.session.commit()
    office.answer = "250 fine"
    _deliver(app)
    assert [letter["Subject"] for letter in office.letters] == [f"Đơn hàng {number}: sàn đã nhận đơn"]


def test_an_address_that_is_never_taken_ends_the_matter(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice
) -> None:
    add(client, stock(), 1)
    office.answer = "550 no such person"
    _buy(client)
    _deliver(app)
    with app.app_context():
        message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.topic == "order.placed")).one()
        assert message.done_at is not None
    assert office.letters == []


def test_neither_link_nor_address_reaches_the_log(
    app: Flask, client: FlaskClient, stock: Stock, office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    add(client, stock(), 1)
    with caplog.at_level(logging.DEBUG):
        placed = _buy(client)
        for answer in ("451 not now, lan@example.vn", "550 no lan@example.vn", "250 fine"):
            office.answer = answer
            with app.app_context():
                for message in db.session.scalars(select(OutboxMessage)):
                    message.done_at, message.due_at = None, message.created_at
                db.session.commit()
            _deliver(app)
    assert len(office.letters) == 1
    told = [json.loads(record.message) for record in caplog.records if "buyer_message" in record.message]
    assert [line["channel"] for line in told] == ["refused", "mail"]
    assert "MailNotSent" in caplog.text
    assert READER not in caplog.text
    assert placed.location.rpartition("key=")[2] not in caplog.text


def test_without_a_server_nobody_is_written_to_and_no_page_promises_it(
    app: Flask, client: FlaskClient, stock: Stock
) -> None:
    add(client, stock(), 1)
    assert "contact_email" not in client.get("/checkout/delivery").text
    placed = _buy(client)
    assert READER not in client.get(placed.location).text
    assert "này: đây là cách duy nhất để mở lại đơn." in client.get(placed.location).text
    assert _deliver(app) == 1


def test_an_address_is_optional_checked_and_kept(
    client: FlaskClient, stock: Stock, office: PostOffice, app: Flask
) -> None:
    add(client, stock(), 1)
    page = post_form(client, "/checkout/delivery", {**TYPED, "contact_email": "lan@nowhere"})
    assert page.status_code == 422
    assert 'value="lan@nowhere"' in page.text
    form = fill_in(client)
    assert post_form(client, "/checkout/payment", form).status_code == 303
    _deliver(app)
    assert office.letters == []


@pytest.mark.parametrize("topic", [*(f"order.{what}" for what in ANNOUNCED), SHIPPED, *RETURN_TOPICS, RECALLED])
def test_every_topic_has_words(topic: str) -> None:
    assert topic in letters.WORDS


def test_a_password_goes_through_a_closed_way_only() -> None:
    with open_post_office() as office:
        server = MailServer(
            "127.0.0.1", office.port, "cho@example.vn", Security.STARTTLS, "cho", "mat-khau", trusting()
        )
        server.send(Letter(READER, "Thử", "Một dòng.\n.\nhết", key="k"))
        assert [line.split()[0] for line in office.heard[:4]] == ["ehlo", "STARTTLS", "ehlo", "AUTH"]
        (letter,) = office.letters
    assert letter.get_content().splitlines() == ["Một dòng.", ".", "hết"]
    assert "mat-khau" not in repr(server)


def test_no_server_and_no_trust_are_told_without_names() -> None:
    with open_post_office() as office:
        for server in (
            MailServer("127.0.0.1", 9, "cho@example.vn", Security.NONE),
            MailServer("127.0.0.1", office.port, "cho@example.vn", Security.STARTTLS),
        ):
            with pytest.raises(MailNotSent) as caught:
                server.send(Letter(READER, "Thử", "x", key="k"))
            assert READER not in str(caught.value)
        office.answer = "553 no"
        with pytest.raises(MailRefused):
            MailServer("127.0.0.1", office.port, "a@b.vn", Security.NONE).send(Letter(READER, "x", "x", key="k"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"MAIL_FROM": ""},
        {"MAIL_SECURITY": "ssl3"},
        {"MAIL_SECURITY": "none", "MAIL_PASSWORD": "x"},
    ],
)
def test_half_a_mail_server_is_no_setting(wrong: dict[str, str]) -> None:
    good = {"MAIL_SERVER": "smtp.example.vn", "MAIL_FROM": "cho@example.vn"}
    assert (Development(good).MAIL_PORT, Development({**good, "MAIL_SECURITY": "tls"}).MAIL_PORT) == (587, 465)
    with pytest.raises(ConfigurationError, match="MAIL_"):
        Development({**good, **wrong})


def _buy(client: FlaskClient, method: str = "vietqr") -> Any:
    """Buy as a guest who gives an address."""
    form = fill_in(client, method)
    return post_form(client, "/checkout/payment", {**form, "contact_email": READER})


def _deliver(app: Flask) -> int:
    with app.app_context():
        delivered = 0
        while deliver_next():
            delivered += 1
        return delivered
