"""What the doors for gateway and bank do with messages that prove nothing."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.payments.flows import apply_bank_notice, hear_gateway
from marketplace.payments.flows.hearing import Unreadable
from marketplace.payments.models import BankReceipt, GatewayEvent, Payment
from marketplace.settlement.queries.events import alarming_events


@pytest.mark.parametrize("door", ["stripe", "bank"])
def test_a_message_without_signature_changes_nothing_and_is_seen_once_a_day(
    app: Flask, client: FlaskClient, door: str
) -> None:
    for body in (b"{}", b'{"amount": 1}', b"\xff"):
        answer = client.post(f"/webhooks/{door}", data=body)
        assert answer.status_code == 400 and answer.get_json() == {"code": "bad_signature"}
    with app.app_context():
        seen = [(row.event.source.value, row.event.ignored_reason, row.event.body) for row in alarming_events()]
        assert seen == [(door, "bad_signature", "")]
        for table in (Payment, BankReceipt):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0
        assert db.session.scalar(select(func.count()).select_from(GatewayEvent)) == 1


_EVENT = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": 1_795_000_000}
_NOTICE = {
    "id": "bn_1",
    "bank_reference": "FT1",
    "bin": "999999",
    "account": "1900000001",
    "direction": "in",
    "amount": 50_000,
    "currency": "VND",
    "memo": "",
    "transacted_at": "2026-11-21T12:00:00+07:00",
}
#: JSON lets both through; a database of UTF-8 texts keeps neither a NUL nor half a character.
_UNKEEPABLE = ["\x00", "x\ud800"]


@pytest.mark.parametrize("name", _UNKEEPABLE)
def test_names_that_no_database_keeps_are_unreadable_not_an_error(context: Flask, name: str) -> None:
    intent = {"object": "payment_intent", "id": "pi_1"}
    for broken in ({"id": name}, {"type": name}):
        with pytest.raises(Unreadable):
            hear_gateway(json.dumps({**_EVENT, "data": {"object": intent}, **broken}).encode())
    for field in ("id", "bank_reference"):
        with pytest.raises(Unreadable):
            apply_bank_notice(json.dumps({**_NOTICE, field: name}).encode())
    assert db.session.scalar(select(func.count()).select_from(GatewayEvent)) == 0


@pytest.mark.parametrize("name", _UNKEEPABLE)
def test_objects_with_such_names_change_nothing(context: Flask, name: str) -> None:
    intent = {
        "object": "payment_intent",
        "id": "pi_1",
        "status": "succeeded",
        "amount": 50_000,
        "currency": "vnd",
        "created": 1_795_000_000,
    }
    named = hear_gateway(json.dumps({**_EVENT, "data": {"object": {**intent, "id": name}}}).encode())
    told = {**intent, "metadata": {"payment": name}}
    meant = hear_gateway(json.dumps({**_EVENT, "id": "evt_2", "data": {"object": told}}).encode())
    assert (named.ignored, meant.ignored) == ("unreadable", "unknown_payment")
