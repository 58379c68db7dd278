"""Doors: registering, one's own page and payout account, the public page, and the operator's decisions."""

from collections.abc import Callable

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import BadRequest

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.fields import format_phone
from marketplace.core.money import format_dong
from marketplace.core.roles import Role
from marketplace.places.queries import PlaceChoice, place_choice
from marketplace.producers import queries, sections, services
from marketplace.producers.account_steps import BankAccount
from marketplace.producers.forms import AccountNumberForm, DecisionForm, PayoutAccountForm, ProfileForm
from marketplace.producers.models import REST, Producer, ProducerState
from marketplace.producers.reviewer import Reviewer
from marketplace.producers.services import Profile
from marketplace.producers.words import ACCOUNT_STATES, ACCOUNT_TONES, KINDS, STATES, TONES
from marketplace.web import navigation
from marketplace.web.access import PUBLIC, SIGNED_IN, allow
from marketplace.web.addresses import asked_page
from marketplace.web.auth import require_user, subject_ids
from marketplace.web.forms import SchemaForm, forms_of_rows
from marketplace.web.navigation import MenuItem

blueprint = Blueprint("producers", __name__)

navigation.add(
    MenuItem(
        _l("My producers"),
        "producers.mine",
        30,
        frozenset({Role.PRODUCER}),
        "shop",
        on_desk_of=frozenset({Role.PRODUCER}),
    ),
    MenuItem(
        _l("Producers to verify"),
        "producers.queue",
        40,
        frozenset({Role.OPERATOR}),
        "person-check",
        on_desk_of=frozenset({Role.OPERATOR}),
    ),
    MenuItem(
        _l("Payout accounts"),
        "producers.payout_accounts",
        41,
        frozenset({Role.OPERATOR}),
        "bank",
        on_desk_of=frozenset({Role.OPERATOR}),
    ),
)

_DECISIONS: dict[str, Callable[..., Producer]] = {
    "verify": services.verify_producer,
    "reject": services.reject_producer,
    "suspend": services.suspend_producer,
    "reinstate": services.reinstate_producer,
}


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {
        "producer_kinds": KINDS,
        "producer_states": STATES,
        "producer_tones": TONES,
        "account_states": ACCOUNT_STATES,
        "account_tones": ACCOUNT_TONES,
        "rest_hours": int(REST.total_seconds() // 3600),
    }


@blueprint.get("/producers/<slug>")
@allow(PUBLIC)
def show(slug: str) -> ResponseReturnValue:
    """A verified producer's page: who, where, how to call, what it sells."""
    producer = queries.get_public_producer(slug)
    return render_template("producers/show.html", producer=producer, sections=sections.draw(producer))


@blueprint.route("/producers/register", methods=["GET", "POST"])
@allow(SIGNED_IN)
def register() -> ResponseReturnValue:
    """Register a producer; the person who does it becomes its member."""
    form = ProfileForm()
    if _wants_saving() and form.validate_on_submit():
        try:
            profile = _profile(form)
            person = require_user()
            with transaction():
                services.register_producer(profile, actor_id=person.id, member_id=person.id)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("Thank you. We will verify your producer; you can prepare your products meanwhile."))
            return redirect(url_for("producers.mine"), 303)
    return render_template("producers/register.html", form=form, choice=_choice(form))


@blueprint.get("/my/producers")
@allow(Role.PRODUCER)
def mine() -> ResponseReturnValue:
    """The producers that the person acts for, with their state and the last reason given."""
    rows = [(producer, queries.list_events(producer.id)[-1:]) for producer in queries.list_own_producers(_own_ids())]
    return render_template("producers/mine.html", rows=rows)


@blueprint.route("/my/producers/<int:producer_id>", methods=["GET", "POST"])
@allow(Role.PRODUCER)
def edit(producer_id: int) -> ResponseReturnValue:
    """Change the own profile. What was verified stays; another producer's id is not found."""
    producer = queries.get_own_producer(producer_id, _own_ids())
    form = ProfileForm(data=_typed(producer))
    is_fixed = producer.state != ProducerState.PENDING
    if is_fixed:  # shown, never taken from the form
        form.kind.data, form.name.data, form.tax_code.data = producer.kind.value, producer.name, producer.tax_code or ""
    if _wants_saving() and form.validate_on_submit():
        try:
            profile = _profile(form)
            with transaction():
                own = queries.get_own_producer(producer_id, _own_ids())
                services.change_profile(own, profile, actor_id=require_user().id)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("Saved."))
            return redirect(url_for("producers.mine"), 303)
    return render_template("producers/edit.html", form=form, choice=_choice(form), producer=producer, is_fixed=is_fixed)


@blueprint.route("/my/producers/<int:producer_id>/payout-account", methods=["GET", "POST"])
@allow(Role.PRODUCER)
def payout_account(producer_id: int) -> ResponseReturnValue:
    """The account that the money goes to, its history, and the form to name another one."""
    producer = queries.get_own_producer(producer_id, _own_ids())
    form = PayoutAccountForm()
    if form.validate_on_submit():
        typed, actor, our_bin = form.loaded, require_user().id, str(current_app.config["BANK_BIN"])
        bank = BankAccount(typed["bank_bin"], typed["account_number"], typed["holder"])

        def write() -> None:
            with transaction():
                own = queries.get_own_producer(producer_id, _own_ids())
                services.change_payout_account(own, bank, actor_id=actor, our_bin=our_bin)

        try:
            retrying(write)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("Saved. The operator will call you to verify the account."))
            return redirect(url_for("producers.payout_account", producer_id=producer_id), 303)
    accounts = queries.list_payout_accounts(producer_id)
    page = render_template("producers/payout_account.html", producer=producer, form=form, accounts=accounts)
    return page, 422 if form.errors else 200


@blueprint.get("/operator/payout-accounts")
@allow(Role.OPERATOR)
def payout_accounts() -> ResponseReturnValue:
    """Accounts that wait to be verified by somebody who did not type them."""
    return _accounts_page()


@blueprint.post("/operator/payout-accounts/<int:account_id>/verify")
@allow(Role.OPERATOR)
def verify_payout_account(account_id: int) -> ResponseReturnValue:
    """Confirm an account by the number that the producer told."""
    form = AccountNumberForm()
    return _decide_account(account_id, form, lambda by: _verify(account_id, form, by))


@blueprint.post("/operator/payout-accounts/<int:account_id>/refuse")
@allow(Role.OPERATOR)
def refuse_payout_account(account_id: int) -> ResponseReturnValue:
    """Refuse an account, with the reason."""
    form = DecisionForm()
    return _decide_account(account_id, form, lambda by: _refuse(account_id, form, by))


@blueprint.get("/operator/producers")
@allow(Role.OPERATOR)
def queue() -> ResponseReturnValue:
    """Producers by state, those that wait first; oldest on top."""
    state = _state(request.args.get("state"))
    page = queries.list_for_review(state=state, q=request.args.get("q", "")[:120], page=asked_page())
    return render_template("producers/queue.html", page=page, state=state)


@blueprint.get("/operator/producers/<int:producer_id>")
@allow(Role.OPERATOR)
def review(producer_id: int) -> ResponseReturnValue:
    """One producer with its history and what can be decided now."""
    return _review_page(queries.get_producer(producer_id), DecisionForm())


@blueprint.post("/operator/producers/<int:producer_id>/<decision>")
@allow(Role.OPERATOR)
def decide(producer_id: int, decision: str) -> ResponseReturnValue:
    """Verify, reject, suspend or reinstate."""
    if decision not in _DECISIONS:
        raise BadRequest
    form = DecisionForm()
    if form.validate_on_submit():
        person = require_user()
        try:
            with transaction():
                by = Reviewer.of(person.id, person.scopes)
                _DECISIONS[decision](producer_id, by=by, reason=form.loaded["reason"])
        except Invalid as error:
            form.refuse(error)
        else:
            flash(_("The decision is recorded."))
            return redirect(url_for("producers.review", producer_id=producer_id), 303)
    return _review_page(queries.get_producer(producer_id), form)


def _verify(account_id: int, form: SchemaForm, by: Reviewer) -> None:
    services.verify_payout_account(account_id, by=by, number=form.loaded["account_number"])


def _refuse(account_id: int, form: SchemaForm, by: Reviewer) -> None:
    services.refuse_payout_account(account_id, by=by, reason=form.loaded["reason"])


def _decide_account(account_id: int, form: SchemaForm, decide: Callable[[Reviewer], None]) -> ResponseReturnValue:
    queries.get_payout_account(account_id)
    person = require_user()
    by = Reviewer.of(person.id, person.scopes)

    def write() -> None:
        with transaction():
            decide(by)

    if form.validate_on_submit() and form.is_done(write):
        flash(_("The decision is recorded."))
        return redirect(url_for("producers.payout_accounts"), 303)
    return _accounts_page(account_id, form), 422


def _accounts_page(account_id: int | None = None, refused: SchemaForm | None = None) -> str:
    return render_template(
        "producers/payout_accounts.html",
        accounts=queries.list_waiting_payout_accounts(),
        form_for=forms_of_rows(account_id, refused),
        AccountNumberForm=AccountNumberForm,
        DecisionForm=DecisionForm,
    )


def _review_page(producer: Producer, form: DecisionForm) -> ResponseReturnValue:
    allowed = {
        ProducerState.PENDING: ("verify", "reject", "suspend"),
        ProducerState.VERIFIED: ("suspend",),
        ProducerState.REJECTED: ("verify",),
        ProducerState.SUSPENDED: ("reinstate",),
    }[producer.state]
    return render_template(
        "producers/review.html",
        producer=producer,
        form=form,
        allowed=allowed,
        events=queries.list_events(producer.id),
        account=queries.find_payout_account(producer.id),
    )


def _own_ids() -> frozenset[int]:
    return subject_ids(Role.PRODUCER)


def _wants_saving() -> bool:
    """Whether the form was sent to be saved, not to show the communes of a province."""
    return request.method == "POST" and "pick_place" not in request.form


def _choice(form: ProfileForm) -> PlaceChoice:
    return place_choice(form.province.data, form.commune.data)


def _profile(form: ProfileForm) -> Profile:
    typed = dict(form.loaded)
    commune = queries.get_commune(typed.pop("commune"))
    return Profile(commune_id=commune.id, **typed)


def _typed(producer: Producer) -> dict[str, str]:
    """The profile as a person would type it."""
    return {
        "kind": producer.kind.value,
        "name": producer.name,
        "tax_code": producer.tax_code or "",
        "province": producer.commune.parent.code if producer.commune.parent else "",
        "commune": producer.commune.code,
        "address_line": producer.address_line,
        "phone": format_phone(producer.phone) if producer.phone else "",
        "delivery_fee": format_dong(producer.delivery_fee).partition("\u00a0")[0],
        "about": producer.about,
    }


def _state(asked: str | None) -> ProducerState:
    return ProducerState(asked) if asked in set(ProducerState) else ProducerState.PENDING
