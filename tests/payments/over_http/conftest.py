"""The shop and a sandbox, both over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.payments import purposes
from marketplace.payments.models import Purpose
from tests.payments.conftest import Owner
from tests.payments.shop import Shop, open_shop


@pytest.fixture
def owner(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Owner:
    """Hears of every payment of an order; the clock runs."""
    handler = Owner()
    monkeypatch.setitem(purposes._handlers, Purpose.ORDER, handler)
    return handler


@pytest.fixture
def shop(context: Flask, tmp_path: Path, owner: Owner) -> Iterator[Shop]:
    """The shop and a sandbox, both over HTTP."""
    with open_shop(context, tmp_path) as running:
        yield running
