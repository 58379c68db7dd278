"""The account that a stall is paid on: the trader names it, the market's management verifies it."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import transaction
from marketplace.core.errors import NotFound
from marketplace.core.roles import Role
from marketplace.producers.forms import DecisionForm
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls import queries, services
from marketplace.stalls.forms import BankAccountForm, StallNumberForm
from marketplace.stalls.models import Market
from marketplace.stalls.services import BankAccount
from marketplace.stalls.views.door import blueprint, managed_market, own_stall
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.forms import SchemaForm, forms_of_rows


@blueprint.route("/till/<int:stall_id>/account", methods=["GET", "POST"])
@allow(Role.VENDOR)
def bank_account(stall_id: int) -> ResponseReturnValue:
    """The trader's own account: what is in force, what waits, and the form to name another one."""
    form, actor_id = BankAccountForm(obj=own_stall(stall_id)), auth.require_user().id
    if form.validate_on_submit():
        bank = BankAccount(*(form.loaded[part] for part in ("bank_bin", "bank_account", "bank_holder")))

        def write() -> None:
            with transaction():
                services.name_account(stall_id, bank, actor_id=actor_id, by_trader=True)

        if form.is_done(write):
            flash(_told(stall_id))
            return redirect(url_for("stalls.bank_account", stall_id=stall_id), 303)
    page = render_template(
        "stalls/account.html",
        stall=queries.get_stall(stall_id),
        form=form,
        in_force=queries.find_account_in_force(stall_id),
        accounts=queries.list_stall_accounts(stall_id),
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/markets/<slug>/accounts")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def stall_accounts(slug: str) -> ResponseReturnValue:
    """Accounts of the market's stalls that wait to be verified, and those that nobody ever verified."""
    return _accounts_page(managed_market(slug))


@blueprint.post("/markets/<slug>/accounts/<int:account_id>/verify")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def verify_stall_account(slug: str, account_id: int) -> ResponseReturnValue:
    """Confirm an account by the number that stands in the trader's bank app."""
    form, actor = StallNumberForm(), auth.require_user().id
    return _decide(
        slug,
        account_id,
        form,
        lambda: services.verify_account(account_id, actor_id=actor, number=form.loaded["account_number"]),
    )


@blueprint.post("/markets/<slug>/accounts/<int:account_id>/refuse")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def refuse_stall_account(slug: str, account_id: int) -> ResponseReturnValue:
    """Refuse an account that waits, with the reason."""
    form, actor = DecisionForm(), auth.require_user().id
    return _decide(
        slug,
        account_id,
        form,
        lambda: services.refuse_account(account_id, actor_id=actor, reason=form.loaded["reason"]),
    )


def _told(stall_id: int) -> str:
    newest = queries.newest_accounts([stall_id])[stall_id]
    if newest.state is PayoutAccountState.WAITING:
        return str(_("Saved. Now show your bank app to the market's management: they verify the account."))
    return str(_("Saved. QR codes go on leading to the account in force."))


def _decide(slug: str, account_id: int, form: SchemaForm, decide: Callable[[], object]) -> ResponseReturnValue:
    market = managed_market(slug)
    if queries.get_stall_account(account_id).stall.market_id != market.id:
        raise NotFound("stall_account_unknown")

    def write() -> None:
        with transaction():
            decide()

    if form.validate_on_submit() and form.is_done(write):
        flash(_("Your decision about the account is recorded."))
        return redirect(url_for("stalls.stall_accounts", slug=slug), 303)
    return _accounts_page(queries.get_market(slug), account_id, form), 422


def _accounts_page(market: Market, account_id: int | None = None, refused: SchemaForm | None = None) -> str:
    return render_template(
        "stalls/accounts.html",
        market=market,
        waiting=queries.list_waiting_accounts(market.id),
        taken_over=queries.list_taken_over_accounts(market.id),
        person_id=auth.require_user().id,
        form_for=forms_of_rows(account_id, refused),
        StallNumberForm=StallNumberForm,
        DecisionForm=DecisionForm,
    )
