"""Door: the money of a stall. It is the trader's own: the operator sees what the books learned of it, and decides on
what waits elsewhere.
"""

from flask import render_template
from flask.typing import ResponseReturnValue

from marketplace.core.roles import Role
from marketplace.settlement.queries.stall_money import stall_money, stalls_by_market
from marketplace.settlement.views.blueprint import blueprint
from marketplace.settlement.words import REASONS
from marketplace.stalls.models import Means
from marketplace.web.access import allow


@blueprint.get("/stalls")
@allow(Role.OPERATOR)
def stalls() -> ResponseReturnValue:
    """Every market's stalls, each leading to its money."""
    return render_template("settlement/stalls.html", markets=stalls_by_market())


@blueprint.get("/stalls/<int:stall_id>")
@allow(Role.OPERATOR)
def money_of_stall(stall_id: int) -> ResponseReturnValue:
    """What a stall recorded, received and owes, and what about it is open."""
    found = stall_money(stall_id)
    return render_template(
        "settlement/stall_money.html",
        found=found,
        stall=found.stall,
        today=[(means, found.today[means].count, found.today[means].amount) for means in Means],
        shift=[(means, sums.sales, sums.recorded) for means, sums in found.shift.sums.items()] if found.shift else [],
        reasons=REASONS,
    )
