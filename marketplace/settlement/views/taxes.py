"""Doors: who is owed what, any producer's statement, and the monthly tax list, for operators."""

from flask import render_template
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.core.roles import Role
from marketplace.producers.queries import get_producer
from marketplace.settlement import sheets
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.queries.producer_statements import get_statement, payout_states
from marketplace.settlement.queries.taxes import LAW, get_tax_list
from marketplace.settlement.views.blueprint import blueprint
from marketplace.settlement.views.papers import file_answer, month_of, months, this_month
from marketplace.web.access import allow


@blueprint.get("/owed")
@allow(Role.OPERATOR)
def owed() -> ResponseReturnValue:
    """What the books owe each producer; the total is that of all their accounts."""
    rows = queries.list_owed(clock.now())
    totals = {
        name: sum(getattr(row, name) for row in rows) for name in ("payable", "asked", "due", "not_due", "transit")
    }
    return render_template("settlement/owed.html", rows=rows, totals=totals)


@blueprint.get("/producers/<int:producer_id>/statement", defaults={"month": ""})
@blueprint.get("/producers/<int:producer_id>/statement/<month>")
@allow(Role.OPERATOR)
def producer_statement(producer_id: int, month: str) -> ResponseReturnValue:
    """A producer's statement as the producer sees it."""
    producer = get_producer(producer_id)
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
        is_operator=True,
    )


@blueprint.get("/taxes", defaults={"month": ""})
@blueprint.get("/taxes/<month>")
@allow(Role.OPERATOR)
def taxes(month: str) -> ResponseReturnValue:
    """Taxes withheld in one month (this one without any), by household business, beside the ledger."""
    month = month or this_month()
    found = get_tax_list(*month_of(month))
    begin = clock.add_months(clock.today(), -11)
    return render_template(
        "settlement/taxes.html",
        taxes=found,
        month=month,
        months=months(begin),
        law=LAW,
        columns=sheets.TAX_COLUMNS,
    )


@blueprint.get("/taxes/<month>.xlsx")
@allow(Role.OPERATOR)
def taxes_file(month: str) -> ResponseReturnValue:
    """The tax list of one month as XLSX."""
    return file_answer(sheets.tax_xlsx(get_tax_list(*month_of(month))), "xlsx", f"thue-khau-tru-{month}")
