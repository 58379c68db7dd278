"""Doors: registering, one's own page, the public page, and the operator's decisions."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import BadRequest

from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.core.fields import format_phone
from marketplace.core.money import format_dong
from marketplace.core.roles import Role
from marketplace.places.queries import PlaceChoice, place_choice
from marketplace.producers import queries, sections, services
from marketplace.producers.forms import DecisionForm, ProfileForm
from marketplace.producers.models import Producer, ProducerState
from marketplace.producers.reviewer import Reviewer
from marketplace.producers.services import Profile
from marketplace.producers.words import KINDS, STATES, TONES
from marketplace.web import navigation
from marketplace.web.access import PUBLIC, SIGNED_IN, allow
from marketplace.web.auth import require_user, subject_ids
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
)

_DECISIONS: dict[str, Callable[..., Producer]] = {
    "verify": services.verify_producer,
    "reject": services.reject_producer,
    "suspend": services.suspend_producer,
    "reinstate": services.reinstate_producer,
}


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"producer_kinds": KINDS, "producer_states": STATES, "producer_tones": TONES}


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


@blueprint.get("/operator/producers")
@allow(Role.OPERATOR)
def queue() -> ResponseReturnValue:
    """Producers by state, those that wait first; oldest on top."""
    state = _state(request.args.get("state"))
    page = queries.list_for_review(state=state, q=request.args.get("q", "")[:120], page=_page())
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


def _page() -> int:
    asked = request.args.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked) < 100_000 else 1
