"""Doors of a producer: what it will get, what it got, why something is not due yet, and its monthly statement."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from marketplace.core import clock
from marketplace.core.roles import Role
from marketplace.ledger.queries import balances
from marketplace.producers.queries import get_own_producer, list_own_producers
from marketplace.settlement import sheets
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.queries.obstacles import obstacle_of
from marketplace.settlement.queries.producer_statements import get_statement, payout_states
from marketplace.settlement.views.papers import file_answer, month_of, months, this_month
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
        asked=queries.asked_for([producer.id]).get(producer.id, 0),
        due_total=sum(earning.net for earning in due),
        obstacle=obstacle_of(account, now),
        account=account,
        waiting=queries.list_not_yet(producer.id, now),
        payouts=queries.list_payouts_of(producer.id),
    )


@blueprint.get("/<int:producer_id>/statement", defaults={"month": ""})
@blueprint.get("/<int:producer_id>/statement/<month>")
@allow(Role.PRODUCER)
def statement(producer_id: int, month: str) -> ResponseReturnValue:
    """The statement of one month (this one without any), with the meaning of every column."""
    producer = get_own_producer(producer_id, subject_ids(Role.PRODUCER))
    month = month or this_month()
    found = get_statement(producer, *month_of(month))
    return render_template(
        "settlement/statement.html",
        statement=found,
        month=month,
        months=months(clock.local_day_of(producer.registered_at)),
        payouts=payout_states(found),
        rows=sheets.ROWS,
        columns=sheets.STATEMENT_COLUMNS,
        is_operator=False,
    )


@blueprint.get("/<int:producer_id>/statement/<month>.csv", defaults={"kind": "csv"})
@blueprint.get("/<int:producer_id>/statement/<month>.xlsx", defaults={"kind": "xlsx"})
@allow(Role.PRODUCER)
def statement_file(producer_id: int, month: str, kind: str) -> ResponseReturnValue:
    """The statement of one month as CSV or XLSX."""
    producer = get_own_producer(producer_id, subject_ids(Role.PRODUCER))
    found = get_statement(producer, *month_of(month))
    content = sheets.statement_csv(found) if kind == "csv" else sheets.statement_xlsx(found)
    return file_answer(content, kind, f"sao-ke-{producer.slug}-{month}")
