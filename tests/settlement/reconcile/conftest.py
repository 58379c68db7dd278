"""What a comparison begins with."""

import pytest
from sqlalchemy import select

from marketplace.core.db import db
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import StatementDifference
from tests.payments.conftest import Owner, make_payment
from tests.payments.shop import Shop
from tests.settlement.reconcile.steps import transfer


@pytest.fixture
def unpays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever heard of a payment follows when the bank takes its money back."""
    monkeypatch.setattr(Owner, "may_unpay", lambda _owner, _payment: True)


@pytest.fixture
def unclear(shop: Shop) -> int:
    """One open difference."""
    transfer(shop, make_payment(), memo="tra tien")
    shop.deliver()
    reconcile()
    found = db.session.scalars(select(StatementDifference.id)).one()
    db.session.rollback()
    return found
