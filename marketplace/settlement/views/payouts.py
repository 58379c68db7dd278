"""Doors: payout batches for operators."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.payout_forms import ChosenForm, RefusalForm
from marketplace.settlement.payout_words import (
    BATCH_TONES,
    BATCHES,
    BOARD_OBSTACLES,
    NOT_YET,
    OBSTACLES,
    PAYOUT_TONES,
    PAYOUTS,
)
from marketplace.settlement.queries import boards
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.services import payouts as services
from marketplace.settlement.views.blueprint import blueprint
from marketplace.web.access import allow
from marketplace.web.addresses import asked_page
from marketplace.web.auth import require_user


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "batch_words": BATCHES,
        "batch_tones": BATCH_TONES,
        "payout_words": PAYOUTS,
        "payout_tones": PAYOUT_TONES,
        "obstacles": OBSTACLES,
        "board_obstacles": BOARD_OBSTACLES,
        "not_yet": NOT_YET,
    }


@blueprint.get("/payouts")
@allow(Role.OPERATOR)
def payouts() -> ResponseReturnValue:
    """Who can be paid now, who cannot and why, and the batches so far."""
    return _payouts_page(ChosenForm())


@blueprint.post("/payouts")
@allow(Role.OPERATOR)
def request_batch() -> ResponseReturnValue:
    """Ask for a batch of the chosen producers and boards; another operator approves it."""
    form, actor = ChosenForm(), require_user().id
    if form.validate_on_submit():
        chosen, markets = frozenset(form.loaded["producers"]), frozenset(form.loaded["markets"])

        def write() -> int:
            with transaction():
                return services.request_batch(chosen, market_ids=markets, actor_id=actor).id

        try:
            batch_id = retrying(write)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("Asked for. Another operator has to approve it before money moves."))
            return redirect(url_for("settlement.batch", batch_id=batch_id), 303)
    return _payouts_page(form), 422


@blueprint.get("/payouts/<int:batch_id>")
@allow(Role.OPERATOR)
def batch(batch_id: int) -> ResponseReturnValue:
    """One batch: a payout per producer or board, its lines, and what was decided."""
    return _batch_page(batch_id, RefusalForm())


@blueprint.post("/payouts/<int:batch_id>/approve")
@allow(Role.OPERATOR)
def approve_batch(batch_id: int) -> ResponseReturnValue:
    """Approve what another operator asked for; the transfers are sent after this."""
    flows.approve(batch_id, actor_id=require_user().id)
    flash(_("Approved. The transfers are on their way to the bank."))
    return redirect(url_for("settlement.batch", batch_id=batch_id), 303)


@blueprint.post("/payouts/<int:batch_id>/refuse")
@allow(Role.OPERATOR)
def refuse_batch(batch_id: int) -> ResponseReturnValue:
    """Refuse a batch, with the reason."""
    form, actor = RefusalForm(), require_user().id

    def write() -> None:
        with transaction():
            services.refuse_batch(batch_id, actor_id=actor, reason=form.loaded["reason"])

    if form.validate_on_submit() and form.is_done(write):
        flash(_("Refused. What it held is due again."))
        return redirect(url_for("settlement.batch", batch_id=batch_id), 303)
    return _batch_page(batch_id, form), 422


def _payouts_page(form: ChosenForm) -> str:
    candidates = queries.list_candidates(clock.now())
    to_boards = boards.list_board_candidates(clock.now())
    ready = [candidate for candidate in candidates if candidate.obstacle is None]
    ready_boards = [candidate for candidate in to_boards if candidate.obstacle is None]
    return render_template(
        "settlement/payouts.html",
        form=form,
        chosen=form.chosen(),
        chosen_markets=form.chosen_markets(),
        ready=ready,
        ready_boards=ready_boards,
        total=sum(one.total for one in ready) + sum(one.total for one in ready_boards),
        other_boards=[candidate for candidate in to_boards if candidate.obstacle is not None],
        waiting_boards=boards.count_waiting_board_accounts(),
        others=[candidate for candidate in candidates if candidate.obstacle is not None],
        batches=queries.list_batches(page=asked_page()),
    )


def _batch_page(batch_id: int, form: RefusalForm) -> str:
    found = queries.get_batch(batch_id)
    payouts, to_boards = queries.payouts_of(batch_id), boards.board_payouts_of(batch_id)
    return render_template(
        "settlement/batch.html",
        batch=found,
        payouts=payouts,
        to_boards=to_boards,
        total=sum(one.amount for one in payouts) + sum(one.amount for one in to_boards),
        is_own=found.requested_by_id == require_user().id,
        form=form,
    )
