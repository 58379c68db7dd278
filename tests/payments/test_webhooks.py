"""What the doors for gateway and bank do with messages that prove nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core.db import db
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
