"""The shop of the cases: its owner credits a producer, and the promises about its money hold afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core.db import db
from marketplace.ledger import audit_checks
from marketplace.payments import purposes
from marketplace.payments.models import Purpose
from tests.payments.cases.steps import Taking
from tests.payments.shop import Shop, open_shop


@pytest.fixture
def owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Taking:
    """Hears of every payment of an order; the clock runs."""
    handler = Taking()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


@pytest.fixture
def shop(context: Flask, tmp_path: Path, owner: Taking) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP; afterwards the promises about unapplied money and the ledger hold."""
    with open_shop(context, tmp_path) as running:
        yield running
    db.session.rollback()
    kept = {"I01", "I03", "I06", "I28", "I29", "M01", "M02", "M03", "M04", "M05", "M06", "M07"}
    assert [found for found in audit_checks.run() if found.check.name in kept] == []
