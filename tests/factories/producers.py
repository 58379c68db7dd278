"""Producers, and people who decide about them."""

import factory
import factory.alchemy

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.text import fold, slug
from marketplace.places.models import AdminUnit, Level
from marketplace.places.queries import find_unit
from marketplace.producers.models import Producer, ProducerKind, ProducerState
from marketplace.producers.reviewer import Reviewer
from tests.factories.places import make_unit


def province(code: str = "91", name: str = "An Giang") -> AdminUnit:
    """The province of that code, made when it is missing."""
    return find_unit(code) or make_unit(code, name, kind="tỉnh", level=Level.PROVINCE)


def commune(code: str = "30682", name: str = "Thoại Sơn", *, above: AdminUnit | None = None) -> AdminUnit:
    """The commune of that code (by default Thoại Sơn in An Giang), made when it is missing."""
    return find_unit(code) or make_unit(code, name, parent_id=(above or province()).id)


class ProducerFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A verified cooperative in Thoại Sơn."""

    class Meta:
        model = Producer
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    name = factory.Sequence(lambda number: f"Hợp tác xã Cây Lành {number}")
    slug = factory.LazyAttribute(lambda made: slug(made.name))
    name_fold = factory.LazyAttribute(lambda made: fold(made.name))
    kind = ProducerKind.COOPERATIVE
    state = ProducerState.VERIFIED
    commune_id = factory.LazyFunction(lambda: commune().id)
    address_line = "Ấp Tây Bình"
    phone = "+84912345678"
    delivery_fee = 15_000
    registered_at = factory.LazyFunction(clock.now)


def operator(user_id: int) -> Reviewer:
    """The operator as services know one."""
    return Reviewer(id=user_id, is_operator=True)


def officer(user_id: int, *provinces: AdminUnit) -> Reviewer:
    """An officer of these provinces (by default An Giang) as services know one."""
    held = provinces or (province(),)
    return Reviewer(id=user_id, province_ids=frozenset(unit.id for unit in held))
