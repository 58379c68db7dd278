"""Doors of market boards: the account that collected fees go to, and an operator's look at it."""

from collections.abc import Callable

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import transaction
from marketplace.core.errors import NotFound
from marketplace.core.roles import Role
from marketplace.ledger.queries import balances
from marketplace.producers.account_steps import BankAccount
from marketplace.producers.forms import PayoutAccountForm
from marketplace.settlement.payout_forms import BoardNumberForm, RefusalForm
from marketplace.settlement.queries import boards as queries
from marketplace.settlement.services import boards as services
from marketplace.settlement.views.blueprint import blueprint as operators
from marketplace.stalls.models import Market
from marketplace.stalls.queries import get_market
from marketplace.web.access import allow
from marketplace.web.auth import require_user, subject_ids
from marketplace.web.forms import SchemaForm, forms_of_rows

blueprint = Blueprint("boards", __name__)


@blueprint.route("/markets/<slug>/payout-account", methods=["GET", "POST"])
@allow(Role.MARKET_MANAGER)
def account(slug: str) -> ResponseReturnValue:
    """What the board is owed and was paid, its account, and the form to name another one; only for its managers."""
    market, form = _own_market(slug), PayoutAccountForm()
    if form.validate_on_submit():
        typed, actor, our_bin = form.loaded, require_user().id, str(current_app.config["BANK_BIN"])
        bank = BankAccount(typed["bank_bin"], typed["account_number"], typed["holder"])

        def write() -> None:
            with transaction():
                services.change_board_account(_own_market(slug), bank, actor_id=actor, our_bin=our_bin)

        if form.is_done(write):
            flash(_("The account is saved. The operator will call you to verify it."))
            return redirect(url_for("boards.account", slug=slug), 303)
    codes = {name: f"market:{market.id}:{name}" for name in ("payable", "transit")}
    found = balances(list(codes.values()))
    page = render_template(
        "settlement/board_account.html",
        market=market,
        form=form,
        accounts=queries.list_board_accounts(market.id),
        payouts=queries.list_board_payouts(market.id),
        owed={name: -found[code] for name, code in codes.items()},
    )
    return page, 422 if form.errors else 200


@operators.get("/boards")
@allow(Role.OPERATOR)
def board_accounts() -> ResponseReturnValue:
    """Accounts of boards that wait to be verified by somebody who did not type them."""
    return _waiting_page()


@operators.post("/boards/<int:account_id>/verify")
@allow(Role.OPERATOR)
def verify_board_account(account_id: int) -> ResponseReturnValue:
    """Confirm an account by the number that the board told."""
    form, actor = BoardNumberForm(), require_user().id
    return _decide(
        account_id,
        form,
        lambda: services.verify_board_account(account_id, actor_id=actor, number=form.loaded["account_number"]),
    )


@operators.post("/boards/<int:account_id>/refuse")
@allow(Role.OPERATOR)
def refuse_board_account(account_id: int) -> ResponseReturnValue:
    """Refuse an account, with the reason."""
    form, actor = RefusalForm(), require_user().id
    return _decide(
        account_id,
        form,
        lambda: services.refuse_board_account(account_id, actor_id=actor, reason=form.loaded["reason"]),
    )


def _own_market(slug: str) -> Market:
    market = get_market(slug)
    if market.id not in subject_ids(Role.MARKET_MANAGER):
        raise NotFound("market_unknown")
    return market


def _decide(account_id: int, form: SchemaForm, decide: Callable[[], object]) -> ResponseReturnValue:
    queries.get_board_account(account_id)

    def write() -> None:
        with transaction():
            decide()

    if form.validate_on_submit() and form.is_done(write):
        flash(_("Your decision about the account is recorded."))
        return redirect(url_for("settlement.board_accounts"), 303)
    return _waiting_page(account_id, form), 422


def _waiting_page(account_id: int | None = None, refused: SchemaForm | None = None) -> str:
    return render_template(
        "settlement/board_accounts.html",
        accounts=queries.list_waiting_board_accounts(),
        form_for=forms_of_rows(account_id, refused),
        BoardNumberForm=BoardNumberForm,
        RefusalForm=RefusalForm,
    )
