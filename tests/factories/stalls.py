"""Markets, stalls and sales for tests."""

import uuid
from typing import Any

import factory
import factory.alchemy

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls import services
from marketplace.stalls.models import Market, MarketKind, Means, Sale, Stall, StallAccount
from tests.factories.accounts import UserFactory
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

    @factory.post_generation
    def account(stall: Stall, create: bool, given: Any, **_more: Any) -> None:  # noqa: N805  # factory-boy's own form
        """The account in force as migration 0048 leaves it: taken over."""
        if create and stall.bank_account is not None:
            take_over(stall)


def take_over(stall: Stall) -> None:
    """The account that stands on the stall, as one that was in use before accounts were verified."""
    db.session.add(
        StallAccount(
            stall_id=stall.id,
            bank_bin=str(stall.bank_bin),
            account_number=str(stall.bank_account),
            holder=stall.bank_holder or stall.name,
            state=PayoutAccountState.VERIFIED,
            is_taken_over=True,
            changed_at=clock.now(),
        )
    )
    db.session.flush()


def change_account(stall_id: int, number: str, *, holder: str = "Trần Thị Tư") -> StallAccount:
    """The trader's new account, named and verified by two people, committed."""
    with transaction():
        named = services.BankAccount("999999", number, holder)
        account = services.name_account(stall_id, named, actor_id=UserFactory().id, by_trader=True)
        return services.verify_account(account.id, actor_id=UserFactory().id, number=number)


def make_stall(**values: Any) -> int:
    """A stall, committed; its id."""
    with transaction():
        return int(StallFactory(**values).id)


def sell(stall_id: int, amount: int = 45_000, means: Means = Means.CASH, **values: Any) -> Sale:
    """A sale through the service, committed."""
    values = {"client_id": str(uuid.uuid4()), "vendor_id": None, **values}
    with transaction():
        return services.take_sale(stall_id, amount=Dong(amount), means=means, **values)
