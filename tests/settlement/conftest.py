"""The shop beside a real sandbox at noon of one day, for comparing what both sides tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.payments import purposes
from marketplace.payments.models import Purpose
from tests.payments.conftest import NOON, Owner
from tests.payments.shop import Shop, open_shop


@pytest.fixture
def buyer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Owner:
    """Hears of every payment of an order."""
    handler = Owner()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


@pytest.fixture
def shop(context: Flask, tmp_path: Path, buyer: Owner) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP, at noon."""
    with clock.frozen(NOON), open_shop(context, tmp_path) as running:
        yield running
