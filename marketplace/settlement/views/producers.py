"""Doors of a producer: what it will get, what it got, and why something is not due yet."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from marketplace.core import clock
from marketplace.core.roles import Role
from marketplace.ledger.queries import balances
from marketplace.producers.queries import get_own_producer, list_own_producers
from marketplace.settlement.queries import payouts as queries
from marketplace.web import navigation
from marketplace.web.access import allow
from marketplace.web.auth import subject_ids

blueprint = Blueprint("payouts", __name__, url_prefix="/my/producers")

navigation.add(
    navigation.MenuItem(
        _l("Payouts"),
        "payouts.mine",
        35,
        frozenset({Role.PRODUCER}),
        "cash-stack",
        on_desk_of=frozenset({Role.PRODUCER}),
    )
)


@blueprint.get("/payouts")
@allow(Role.PRODUCER)
def mine() -> ResponseReturnValue:
    """The person's producers, each with what the books owe it."""
    producers = list_own_producers(subject_ids(Role.PRODUCER))
    owed = balances([f"producer:{producer.id}:payable" for producer in producers])
    return render_template("settlement/own_payouts.html", producers=producers, owed=owed)


@blueprint.get("/<int:producer_id>/payouts")
@allow(Role.PRODUCER)
def show(producer_id: int) -> ResponseReturnValue:
    """What one producer will get, what was transferred, and what is not due yet; a neighbour's id is not found."""
    producer = get_own_producer(producer_id, subject_ids(Role.PRODUCER))
    now = clock.now()
    codes = {name: f"producer:{producer.id}:{name}" for name in ("payable", "transit")}
    found = balances(list(codes.values()))
    due = queries.due_earnings(now, producer_ids=[producer.id]).get(producer.id, [])
    account = queries.accounts_of([producer.id]).get(producer.id)
    return render_template(
        "settlement/own_payout.html",
        producer=producer,
        payable=-found[codes["payable"]],
        transit=-found[codes["transit"]],
        due=due,
        due_total=sum(earning.net for earning in due),
        obstacle=queries.obstacle_of(account, now),
        account=account,
        waiting=queries.list_not_yet(producer.id, now),
        payouts=queries.list_payouts_of(producer.id),
    )
