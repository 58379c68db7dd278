"""Messages that changed nothing are told in words, with what they say, and closed with a note that stays."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.audit.models import AuditEvent
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from marketplace.ledger import alarms, flows
from marketplace.outbox import flows as outbox
from marketplace.payments import services
from marketplace.payments.models import EventDecision, EventSource, GatewayEvent
from marketplace.settlement.queries.events import alarming_events
from marketplace.settlement.services import asking
from tests.signing_in import post_form, signed_in, user_id_of

NOTICE = {"bank_reference": "FT900", "amount": 120_000, "currency": "VND", "memo": "OCABCD", "payer_name": "TRAN B"}


def _notice(amount: int) -> None:
    body = json.dumps({**NOTICE, "amount": amount}).encode()
    with transaction():
        services.store_event(EventSource.BANK, "bn_1", kind="in", body=body)


@pytest.fixture
def two_tales(context: Flask) -> int:
    """Case 3: the same notice with another amount; the id of the second one."""
    _notice(120_000)
    _notice(61_000)
    return db.session.scalars(select(GatewayEvent.id).order_by(GatewayEvent.id.desc())).first() or 0


def _page(app: Flask) -> str:
    return signed_in(app, Role.OPERATOR).get("/operator/money").text.replace("\N{NO-BREAK SPACE}", " ")


def test_case_3_shows_both_amounts_and_what_to_do(app: Flask, two_tales: int) -> None:
    page = _page(app)
    assert "61.000 ₫" in page and "120.000 ₫" in page and "TRAN B" in page
    assert "Cùng số thông báo nhưng nội dung khác" in page and "sao kê quyết định" in page
    assert "bn_1#" not in page and "event_id_reused" not in page


def test_a_message_in_another_currency_says_which(app: Flask, context: Flask) -> None:
    found = {"id": "pi_1", "amount": 4999, "currency": "usd"}
    with transaction():
        stored = services.store_event(
            EventSource.STRIPE,
            "evt_1",
            kind="payment_intent.succeeded",
            body=json.dumps({"data": {"object": found}}).encode(),
        )
        stored.event.ignored_reason = "wrong_currency"
    assert "4.999 USD" in _page(app)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"amount": "x", "data": 7}', b'{"data": {"object": []}}'])
@pytest.mark.parametrize("source", EventSource)
def test_a_message_that_says_nothing_readable_is_shown_all_the_same(
    app: Flask, context: Flask, source: EventSource, body: bytes
) -> None:
    with transaction():
        services.store_event(source, "x1", kind="in", body=body).event.ignored_reason = "unreadable"
    (row,) = alarming_events()
    assert (row.said.amount, row.before, row.about) == (None, None, None)
    assert "Không đọc được thông báo" in _page(app)


def test_a_message_is_closed_once_with_a_note_that_stays(app: Flask, two_tales: int) -> None:
    client = signed_in(app, Role.OPERATOR)
    address = f"/operator/money/events/{two_tales}/close"
    refused = post_form(client, address, {"note": "x"})
    assert refused.status_code == 422 and 'value="x"' in refused.text
    note = {"note": "Ngân hàng xác nhận 120.000"}
    assert [post_form(client, address, note).status_code for _ in range(2)] == [303, 409]
    db.session.rollback()
    kept = db.session.scalars(select(EventDecision)).one()
    assert (kept.event_id, kept.note, kept.decided_by_id) == (two_tales, note["note"], user_id_of(client))
    assert alarming_events() == [] and note["note"] in _page(app)
    assert note["note"] not in client.get("/desk").text
    assert "gateway_event.closed" in db.session.scalars(select(AuditEvent.action)).all()


def test_a_message_that_did_its_work_cannot_be_closed(app: Flask, two_tales: int) -> None:
    client = signed_in(app, Role.OPERATOR)
    for event_id in (two_tales - 1, 999_999):
        assert post_form(client, f"/operator/money/events/{event_id}/close", {"note": "abc"}).status_code == 404


# -- the top of the page, and checking the books ------------------------------------------------------------------


def test_the_page_begins_with_how_much_waits_where(app: Flask, two_tales: int) -> None:
    page = _page(app)
    for anchor in ("waiting", "refunds", "messages"):
        assert f'href="#{anchor}"' in page and f'id="{anchor}"' in page
    assert 'href="/operator/money/alarms"' in page
    assert "<strong>1</strong>" in page[page.index('href="#messages"') : page.index('href="/operator/money/alarms"')]


@pytest.mark.parametrize(("typed", "status", "said"), [("", 422, "OC-7K2M9QX4"), (" oc-khongco2 ", 404, "OC-KHONGCO2")])
def test_an_order_number_that_there_is_not_is_told_beside_what_was_typed(
    app: Flask, typed: str, status: int, said: str
) -> None:
    answer = signed_in(app, Role.OPERATOR).get("/operator/money/orders", query_string={"number": typed})
    assert answer.status_code == status
    problem = answer.text[answer.text.index('id="order-number-problem"') :]
    assert said in problem[:200] and f'value="{typed.strip().upper()}"' in answer.text


def test_the_books_are_checked_by_the_worker_when_somebody_asks(app: Flask, context: Flask) -> None:
    client = signed_in(app, Role.OPERATOR)
    assert post_form(client, "/operator/money/alarms/check").status_code == 303
    assert asking.audit_asked_at() is not None and alarms.last_finished() is None
    assert "chưa làm xong" in client.get("/operator/money/alarms").text
    db.session.rollback()
    while outbox.deliver_next():
        pass
    assert alarms.last_finished() is not None and asking.audit_asked_at() is None
    assert "chưa làm xong" not in client.get("/operator/money/alarms").text


def test_an_audit_that_began_since_is_not_run_again(app: Flask, context: Flask) -> None:
    flows.audit_and_keep()
    finished = alarms.last_finished()
    started = alarms.last_started()
    db.session.rollback()
    assert started is not None
    flows.audit_since(started)
    assert alarms.last_finished() == finished
    db.session.rollback()
    flows.audit_since(clock.now())
    assert alarms.last_finished() != finished
