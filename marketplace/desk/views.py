"""Doors of the desk: everything that waits for the person who asks, and one list of it whole."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.audit import services as audit
from marketplace.cart.visitor import count_packs
from marketplace.core.db import transaction
from marketplace.core.errors import NotFound
from marketplace.core.paging import DEFAULT_LIMIT, NumberedPage
from marketplace.core.roles import WORKERS, Role
from marketplace.desk.items import Item
from marketplace.desk.pointers import pointers_of
from marketplace.desk.queries.reach import Reach
from marketplace.desk.queries.recalls import list_recalled_sales
from marketplace.desk.sections import BUYER, SECTIONS, Queue, Section
from marketplace.inventory import queries as stock
from marketplace.inventory.models import LotState
from marketplace.outbox import services as outbox
from marketplace.web.access import SIGNED_IN, allow
from marketplace.web.addresses import asked_page
from marketplace.web.auth import require_user, subject_ids
from marketplace.web.navigation import MenuItem, add, desk_menu

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
add(MenuItem(_l("My desk"), "desk.home", position=1, roles=frozenset({Role.BUYER}), icon="clipboard-check"))

#: How many rows of a list the desk itself shows.
FIRST_ROWS = 4


@dataclass(frozen=True)
class ShownQueue:
    """A list with the items of one page."""

    queue: Queue
    page: NumberedPage[Item]


@dataclass(frozen=True)
class ShownSection:
    """A section with the lists that hold something."""

    section: Section
    queues: list[ShownQueue]

    @property
    def is_calm(self) -> bool:
        """Nothing in it waits for anybody."""
        return not any(shown.queue.is_work for shown in self.queues)


@blueprint.get("")
@allow(SIGNED_IN)
def home() -> ResponseReturnValue:
    """What waits for this person, a section for each role, oldest first."""
    person = require_user()
    reach = Reach.of(person.id, person.scopes)
    shown = [_section(section, reach) for section in SECTIONS if section.roles & person.roles]
    works_here = bool(person.roles & WORKERS)
    return render_template(
        "desk/home.html",
        pointers=pointers_of(frozenset(person.roles), reach),
        sections=[found for found in shown if found.queues or not works_here or found.section is not BUYER],
        packs_in_cart=count_packs(),
        buyer=BUYER,
        links=desk_menu(),
    )


@blueprint.get("/<code>")
@allow(SIGNED_IN)
def whole_list(code: str) -> ResponseReturnValue:
    """One list of the own desk in full. Query: ``page``. A list of another role answers like a missing one."""
    person = require_user()
    mine = (queue for section in SECTIONS if section.roles & person.roles for queue in section.queues)
    queue = next((queue for queue in mine if queue.code == code), None)
    if queue is None:
        raise NotFound("list_not_found")
    shown = _queue(queue, Reach.of(person.id, person.scopes), asked_page(), DEFAULT_LIMIT)
    return render_template("desk/list.html", shown=shown)


@blueprint.get("/recalls/<int:lot_id>")
@allow(Role.PRODUCER, Role.OPERATOR)
def recalled_sales(lot_id: int) -> ResponseReturnValue:
    """Who has goods of a lot, with name and phone: for a recall they have to be told. Only of a recalled lot."""
    person = require_user()
    lot = stock.get_lot(lot_id, producer_ids=None if Role.OPERATOR in person.roles else subject_ids(Role.PRODUCER))
    if lot.state is not LotState.RECALLED:
        raise NotFound("lot_not_found")
    return render_template("desk/recall.html", lot=lot, sales=list_recalled_sales(lot))


@blueprint.post("/messages/<int:message_id>/retry")
@allow(Role.OPERATOR)
def retry_message(message_id: int) -> ResponseReturnValue:
    """Let a message that was given up be tried again."""
    actor_id = require_user().id
    with transaction():
        outbox.revive(message_id)
        audit.record("message.revived", object_type="outbox_message", object_id=message_id, actor_id=actor_id)
    flash(_("The message is sent again in a moment."))
    return redirect(url_for("desk.home"), 303)


def _section(section: Section, reach: Reach) -> ShownSection:
    queues = [_queue(queue, reach, 1, FIRST_ROWS) for queue in section.queues]
    return ShownSection(section, [shown for shown in queues if shown.page.items])


def _queue(queue: Queue, reach: Reach, number: int, size: int) -> ShownQueue:
    found = queue.load(reach, number, size)
    made = [queue.make(row, reach) for row in found.items]
    return ShownQueue(queue, NumberedPage(made, found.number, found.size, found.total))
