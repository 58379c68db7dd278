"""Doors: payout batches for operators."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.settlement.failure_words import failure
from marketplace.settlement.flows import payouts as flows
from marketplace.settlement.models import BoardPayout, Payout, PayoutBatch
from marketplace.settlement.payout_forms import ChosenForm, InSpiteForm, RefusalForm
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
from marketplace.settlement.queries.gone_accounts import gone_accounts, why_in_spite
from marketplace.settlement.services import asking_payouts as asking
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

    def ask() -> PayoutBatch:
        chosen, markets = frozenset(form.loaded["producers"]), frozenset(form.loaded["markets"])
        return asking.request_chosen(chosen, market_ids=markets, actor_id=actor)

    return _ask(form, ask) or (_payouts_page(form), 422)


@blueprint.post("/payouts/in-spite")
@allow(Role.OPERATOR)
def request_in_spite() -> ResponseReturnValue:
    """Ask for a payout to an account that the bank called closed, with the reason why it works all the same."""
    form, actor = InSpiteForm(), require_user().id

    def ask() -> PayoutBatch:
        chosen, markets = frozenset(form.loaded["producers"]), frozenset(form.loaded["markets"])
        return asking.request_in_spite(chosen, market_ids=markets, reason=form.loaded["reason"], actor_id=actor)

    return _ask(form, ask) or (_payouts_page(ChosenForm(formdata=None), in_spite=form), 422)


def _ask(form: ChosenForm, ask: Callable[[], PayoutBatch]) -> ResponseReturnValue | None:
    """To the batch that was asked for; None when the form was refused."""

    def write() -> int:
        with transaction():
            return ask().id

    if not form.validate_on_submit():
        return None
    try:
        batch_id = retrying(write)
    except Invalid as error:
        form.refuse(error)
        return None
    flash(_("Asked for. Another operator has to approve it before money moves."))
    return redirect(url_for("settlement.batch", batch_id=batch_id), 303)


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


def _payouts_page(form: ChosenForm, *, in_spite: InSpiteForm | None = None) -> str:
    candidates = queries.list_candidates(clock.now())
    to_boards = boards.list_board_candidates(clock.now())
    gone = gone_accounts(Payout, [one.account.id for one in candidates if one.account])
    gone_boards = gone_accounts(BoardPayout, [one.account.id for one in to_boards if one.account])
    able = [one for one in candidates if one.obstacle is None]
    able_boards = [one for one in to_boards if one.obstacle is None]
    ready = [one for one in able if one.account and one.account.id not in gone]
    ready_boards = [one for one in able_boards if one.account and one.account.id not in gone_boards]

    def form_for(name: str, payee_id: int) -> InSpiteForm:
        is_refused = in_spite is not None and str(payee_id) in (in_spite[name].data or ())
        found = in_spite if in_spite is not None and is_refused else InSpiteForm(formdata=None)
        found.reason.id = found.reason.label.field_id = f"reason-{name}-{payee_id}"
        return found

    return render_template(
        "settlement/payouts.html",
        form=form,
        form_for=form_for,
        chosen=form.chosen() if in_spite is None else None,
        chosen_markets=form.chosen_markets() if in_spite is None else None,
        ready=ready,
        ready_boards=ready_boards,
        doubtful=[one for one in able if one not in ready],
        doubtful_boards=[one for one in able_boards if one not in ready_boards],
        total=sum(one.total for one in ready) + sum(one.total for one in ready_boards),
        other_boards=[one for one in to_boards if one.obstacle is not None],
        waiting_boards=boards.count_waiting_board_accounts(),
        others=[one for one in candidates if one.obstacle is not None],
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
        failure=failure,
        in_spite=why_in_spite(batch_id),
    )
