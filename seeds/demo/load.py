"""The demonstration from first to last, in the order of time: what was recorded earlier is written earlier."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.places.models import AdminUnit, Level
from seeds.demo.goods import load_goods
from seeds.demo.people import load_people, the_council

#: The demonstration's shop opened so many days ago.
OPENED_DAYS_AGO = 95


def load(*, own_pages: str) -> None:
    """Fill an empty shop. ``own_pages`` is the address under which trace pages lie (ending ``/t/``)."""
    opened = clock.now() - timedelta(days=OPENED_DAYS_AGO)
    with clock.frozen(opened):
        people = load_people()
        provinces = frozenset(
            db.session.scalars(
                select(AdminUnit.id).where(AdminUnit.level == Level.PROVINCE, AdminUnit.vintage == "2025-07")
            )
        )
        council = the_council(people["operator"], provinces)
        members = {key: person.id for key, person in people.items()}
        load_goods(council, members, own_pages=own_pages)
