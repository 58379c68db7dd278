"""People for tests."""

import factory
import factory.alchemy

from marketplace.accounts.models import Grant, User
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.roles import Role


class UserFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A buyer whom no password lets in (hashing costs time; see ``signing_in``)."""

    class Meta:
        model = User
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    name = "Nguyễn Thị Lan"
    phone = factory.Sequence(lambda number: f"+8491{number:07d}")
    password_hash = "-"
    created_at = factory.LazyFunction(clock.now)


class GrantFactory(factory.alchemy.SQLAlchemyModelFactory):
    """A role in force; give ``unit_id`` or ``subject_id`` as the role asks."""

    class Meta:
        model = Grant
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"

    user = factory.SubFactory(UserFactory)
    role = Role.OPERATOR
    granted_at = factory.LazyFunction(clock.now)
