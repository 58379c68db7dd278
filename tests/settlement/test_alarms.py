"""The hourly audit keeps what it found; a broken promise is an alarm until it is kept again."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from marketplace.audit.models import AuditEvent
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.roles import Role
from marketplace.ledger import alarms, flows
from marketplace.outbox import handlers
from marketplace.payments.models import GatewayEvent
from tests.payments.conftest import NOON
from tests.signing_in import csrf_token, signed_in


@pytest.fixture
def noon(context: Flask) -> Iterator[None]:
    """The clock stands still."""
    with clock.frozen(NOON):
        yield


def _break_a_promise() -> None:
    with transaction():
        db.session.add(
            GatewayEvent(
                source="stripe",
                event_id="evt_1",
                type="x",
                body="{}",
                body_hash="h",
                received_at=clock.now() - timedelta(hours=1),
            )
        )


def _repair() -> None:
    with transaction():
        db.session.execute(text("UPDATE gateway_event SET ignored_reason = 'not_needed'"))


def test_the_worker_asks_whether_the_audit_is_due(app: Flask) -> None:
    assert "ledger.audit" in {task.name for task in handlers.tasks()}


def test_without_any_audit_the_operator_is_told(noon: None) -> None:
    standing = alarms.standing()
    assert (standing.finished_at, standing.is_overdue, standing.waits) == (None, True, 1)


def test_the_audit_runs_once_an_hour(noon: None) -> None:
    flows.audit_when_due()
    assert alarms.last_finished() == NOON
    with clock.frozen(NOON + timedelta(minutes=59)):
        flows.audit_when_due()
        assert alarms.last_finished() == NOON
    with clock.frozen(NOON + timedelta(minutes=60)):
        flows.audit_when_due()
        assert alarms.last_finished() == NOON + timedelta(minutes=60)


def test_an_audit_of_two_hours_ago_is_an_alarm(noon: None) -> None:
    flows.audit_and_keep()
    assert alarms.standing().waits == 0
    with clock.frozen(NOON + timedelta(hours=2)):
        assert not alarms.standing().is_overdue
    with clock.frozen(NOON + timedelta(hours=2, seconds=1)):
        assert alarms.standing().is_overdue


def test_a_broken_promise_stays_an_alarm_until_it_is_kept(noon: None) -> None:
    _break_a_promise()
    flows.audit_and_keep()
    (alarm,) = alarms.standing().alarms
    assert (alarm.name, alarm.first_seen_at, alarm.acknowledged_at) == ("I26", NOON, None)
    assert alarm.offenders[0]["event_id"] == "evt_1"
    later = NOON + timedelta(hours=1)
    with transaction():
        alarms.acknowledge(alarm.id, reason="Đang hỏi cổng thanh toán", actor_id=7)
    with clock.frozen(later):
        flows.audit_and_keep()
        (again,) = alarms.standing().alarms
        assert (again.id, again.last_seen_at, again.reason) == (alarm.id, later, "Đang hỏi cổng thanh toán")
        assert alarms.standing().waits == 0
        _repair()
        flows.audit_and_keep()
        assert alarms.standing().alarms == []
        with pytest.raises(Conflict, match="alarm_over"), transaction():
            alarms.acknowledge(alarm.id, reason="quá muộn", actor_id=7)


def test_a_promise_broken_anew_is_a_new_alarm(noon: None) -> None:
    _break_a_promise()
    flows.audit_and_keep()
    (first,) = alarms.standing().alarms
    _repair()
    flows.audit_and_keep()
    with transaction():
        db.session.execute(text("UPDATE gateway_event SET ignored_reason = NULL"))
    flows.audit_and_keep()
    (second,) = alarms.standing().alarms
    assert second.id != first.id


def test_each_run_is_kept_with_what_it_found(noon: None) -> None:
    _break_a_promise()
    flows.audit_and_keep()
    asked, findings = db.session.execute(text("SELECT asked, findings FROM ledger_audit_run")).one()
    assert asked > 40 and set(json.loads(findings)) == {"I26"}
    with clock.frozen(NOON + timedelta(days=91)):
        flows.audit_and_keep()
    assert db.session.scalar(text("SELECT COUNT(*) FROM ledger_audit_run")) == 1


def test_the_operator_sees_and_notes_an_alarm(app: Flask, context: Flask) -> None:
    client = signed_in(app, Role.OPERATOR)
    assert "chưa chạy xong lần nào" in client.get("/operator/money").text
    _break_a_promise()
    flows.audit_and_keep()
    assert "/operator/money/alarms" in client.get("/operator/money").text
    page = client.get("/operator/money/alarms").text
    assert "I26" in page and "evt_1" in page and "event_id" not in page
    (alarm,) = alarms.standing().alarms
    db.session.rollback()
    address = f"/operator/money/alarms/{alarm.id}/acknowledge"
    form = {"reason": "ừ", "csrf_token": csrf_token(client)}
    refused = client.post(address, data=form)
    assert refused.status_code == 422 and ">ừ</textarea>" in refused.text.replace("\r\n", "")
    assert client.post(address, data={**form, "reason": "Đã hỏi cổng thanh toán"}).status_code == 303
    page = client.get("/operator/money/alarms").text
    assert "Đã hỏi cổng thanh toán" in page and "I26" in page
    assert "alarm.acknowledged" in db.session.scalars(select(AuditEvent.action)).all()


def test_an_alarm_that_is_over_cannot_be_noted(app: Flask, context: Flask) -> None:
    client = signed_in(app, Role.OPERATOR)
    form = {"reason": "Đã hỏi cổng thanh toán", "csrf_token": csrf_token(client)}
    assert client.post("/operator/money/alarms/77/acknowledge", data=form).status_code == 409
