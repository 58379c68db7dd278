"""Recognised products and certificates."""

from datetime import date

import factory
import factory.alchemy

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.text import fold
from marketplace.ocop import rules
from marketplace.ocop.models import AuthorityLevel, Certificate, CertificateState, OcopProduct, ProductGroup
from tests.factories.producers import ProducerFactory


class OcopProductFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A recognised food of a verified cooperative, from that cooperative's commune."""

    class Meta:
        model = OcopProduct
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    producer = factory.SubFactory(ProducerFactory)
    name = factory.Sequence(lambda number: f"Gạo Nàng Hương {number}")
    name_fold = factory.LazyAttribute(lambda made: fold(made.name))
    group = ProductGroup.FOOD
    commune_id = factory.LazyAttribute(lambda made: made.producer.commune_id)


class CertificateFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A certificate of four stars that began a year ago; give ``issued_on`` for another day."""

    class Meta:
        model = Certificate
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    ocop_product = factory.SubFactory(OcopProductFactory)
    stars = 4
    score = None
    decision_number = factory.Sequence(lambda number: f"{number + 1}/QĐ-UBND")
    issued_on = factory.LazyFunction(lambda: clock.add_months(clock.today(), -12))
    decided_on = factory.LazyAttribute(lambda made: made.issued_on)
    expires_on = factory.LazyAttribute(lambda made: rules.expiry_of(made.issued_on))
    rule_set = factory.LazyAttribute(lambda made: _rule_set(made.decided_on))
    authority_level = AuthorityLevel.PROVINCE
    authority_name = "UBND tỉnh An Giang"
    state = CertificateState.AWARDED
    recorded_at = factory.LazyFunction(clock.now)


def _rule_set(day: date) -> str:
    rule_set = rules.find_rule_set(day)
    return rule_set.code if rule_set else rules.RULE_SETS[0].code
