"""The measured shop is a sound one, and holds what it says."""

from flask import Flask
from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.ledger import audit_checks, queries
from marketplace.orders.models import Order
from tests.proof import filling


def test_a_filled_shop_keeps_every_promise(context: Flask) -> None:
    filling.fill(200)
    assert audit_checks.run_side_by_side() == []
    assert db.session.scalar(select(func.count()).select_from(Order)) == 200
    assert queries.balance("order:escrow") == 0
    assert queries.balance("stall:1:sales") < 0
