"""A shop with places, and shelves that the tests fill."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from marketplace.core.db import db, transaction
from tests.checkout.buying import prepare_country
from tests.factories.shelf import make_shelf

Stock = Callable[..., int]


@pytest.fixture
def country(app: Flask) -> Flask:
    """The application with the small country loaded."""
    with app.app_context():
        with transaction():
            prepare_country()
        db.session.remove()
    return app


@pytest.fixture
def stock(country: Flask) -> Stock:
    """``stock(name, quantity=…, price=…, …)`` puts a product on sale and returns the id of its pack."""

    def put(name: str = "Đường thốt nốt", *, price: int = 60_000, quantity: int = 10, **options: Any) -> int:
        with country.app_context():
            with transaction():
                pack_id = int(make_shelf(name, quantity=quantity, pack={"price": price}, **options).pack.id)
            db.session.remove()
            return pack_id

    return put
