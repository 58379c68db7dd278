"""Markets, stalls and sales for tests."""

import uuid
from typing import Any

import factory
import factory.alchemy

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.stalls import services
from marketplace.stalls.models import Market, MarketKind, Means, Sale, Stall
from tests.factories.places import make_unit


class MarketFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A market in a commune that no list knows."""

    class Meta:
        model = Market
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    slug = factory.Sequence(lambda number: f"cho-{number}")
    kind = MarketKind.MARKET
    name = "Chợ Thoại Giang"
    commune_id = factory.LazyAttributeSequence(lambda _market, number: make_unit(f"9{number:04d}", "Thoại Sơn").id)
    opened_at = factory.LazyFunction(clock.now)


class StallFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A stall that takes QR, each on an account of its own; ``bank_account=None`` (and bin) for one that does not."""

    class Meta:
        model = Stall
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    market = factory.SubFactory(MarketFactory)
    number = factory.Sequence(lambda number: f"A{number + 1}")
    name = "Rau củ cô Ba"
    goods = "Rau, củ, quả"
    bank_bin = "999999"
    bank_account = factory.Sequence(lambda number: f"20{number:08d}")
    bank_holder = "NGUYEN THI BA"
    qr_since = factory.LazyFunction(clock.now)
    opened_at = factory.LazyFunction(clock.now)


def make_stall(**values: Any) -> int:
    """A stall, committed; its id."""
    with transaction():
        return int(StallFactory(**values).id)


def sell(stall_id: int, amount: int = 45_000, means: Means = Means.CASH, **values: Any) -> Sale:
    """A sale through the service, committed."""
    values = {"client_id": str(uuid.uuid4()), "vendor_id": None, **values}
    with transaction():
        return services.take_sale(stall_id, amount=Dong(amount), means=means, **values)
