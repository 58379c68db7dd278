"""Management: operators open markets, operators and market managers register stalls and the people who sell there."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from marketplace.accounts.queries import holders_by_subject, list_holders
from marketplace.core import clock
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.places.models import VINTAGE_BEFORE, AdminUnit
from marketplace.places.queries import (
    PlaceChoice,
    find_unit,
    get_commune,
    list_predecessors,
    place_choice,
)
from marketplace.stalls import queries, services
from marketplace.stalls.forms import MarketForm, NewStallForm, PersonForm, ProducerForm, StallForm
from marketplace.stalls.models import Market, Stall
from marketplace.stalls.services import BankAccount
from marketplace.stalls.views.door import asked_month, blueprint, is_operator, managed_market
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.addresses import asked_page


@blueprint.get("/markets/managed")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def managed() -> ResponseReturnValue:
    """The markets that the person manages; an operator chooses from all."""
    if is_operator():
        number = asked_page()
        return render_template("stalls/markets.html", page=queries.list_markets(page=number), managing=True)
    own = queries.list_managed_markets(auth.subject_ids(Role.MARKET_MANAGER))
    if len(own) == 1:
        return redirect(url_for("stalls.manage", slug=own[0].slug), 303)
    return render_template("stalls/managed.html", markets=own)


@blueprint.route("/markets/new", methods=["GET", "POST"])
@allow(Role.OPERATOR)
def open_market() -> ResponseReturnValue:
    """Register a market or a cashless street."""
    form = MarketForm()
    choice = _choice()
    _offer_former(form, choice.commune)
    if not _is_step() and form.validate_on_submit():
        try:
            with transaction():
                market = services.open_market(actor_id=auth.require_user().id, **_with_units(form.loaded))
                slug = market.slug
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("The market is open. Now register its stalls."))
            return redirect(url_for("stalls.manage", slug=slug), 303)
    return _market_page(form, choice, market=None)


@blueprint.route("/markets/<slug>/edit", methods=["GET", "POST"])
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def edit_market(slug: str) -> ResponseReturnValue:
    """Correct a market: its name, its commune, whether it collects its fees without cash."""
    market = managed_market(slug)
    form = MarketForm(data=_as_typed(market))
    choice = _choice() if form.is_submitted() or request.args else place_choice(None, market.commune.code)
    _offer_former(form, choice.commune)
    if not _is_step() and form.validate_on_submit():
        try:
            with transaction():
                found = queries.get_market(slug)
                services.change_market(
                    found, actor_id=auth.require_user().id, may_move=is_operator(), **_with_units(form.loaded)
                )
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."))
            return redirect(url_for("stalls.manage", slug=slug), 303)
    return _market_page(form, choice, market=queries.get_market(slug))


@blueprint.get("/markets/<slug>/manage")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def manage(slug: str) -> ResponseReturnValue:
    """The stalls of the market with the people who sell there."""
    return _manage_page(slug, PersonForm(formdata=None))


@blueprint.post("/markets/<slug>/managers")
@allow(Role.OPERATOR)
def appoint_manager(slug: str) -> ResponseReturnValue:
    """Name a manager of the market by phone."""
    managed_market(slug)
    form = PersonForm()
    if form.validate_on_submit():
        try:
            with transaction():
                market, actor_id = queries.get_market(slug), auth.require_user().id
                name = services.appoint_manager(market, form.loaded["phone"], actor_id=actor_id).name
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s now manages this market.", name=name))
            return redirect(url_for("stalls.manage", slug=slug), 303)
    return _manage_page(slug, form), 422


@blueprint.route("/markets/<slug>/stalls/new", methods=["GET", "POST"])
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def open_stall(slug: str) -> ResponseReturnValue:
    """Register a stall, with the trader's bank account when it is known."""
    market = managed_market(slug)
    form = NewStallForm()
    if form.validate_on_submit():
        try:
            with transaction():
                stall = services.open_stall(
                    queries.get_market(slug), actor_id=auth.require_user().id, **_as_stall(form.loaded)
                )
                stall_id = stall.id
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("The stall is registered. Now name the person who sells there."))
            return redirect(url_for("stalls.edit_stall", slug=slug, stall_id=stall_id), 303)
    page = render_template("stalls/stall_form.html", market=queries.get_market(market.slug), form=form, stall=None)
    return page, 422 if form.is_submitted() else 200


@blueprint.route("/markets/<slug>/stalls/<int:stall_id>", methods=["GET", "POST"])
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def edit_stall(slug: str, stall_id: int) -> ResponseReturnValue:
    """Correct a stall, close it, and see who sells there."""
    stall = _stall_of(slug, stall_id)
    form = StallForm(obj=stall)
    if form.validate_on_submit():
        try:
            with transaction():
                found = _stall_of(slug, stall_id)
                services.change_stall(found, actor_id=auth.require_user().id, **form.loaded)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("Saved."))
            return redirect(url_for("stalls.manage", slug=slug), 303)
    return _stall_page(slug, stall_id, form), 422 if form.is_submitted() else 200


@blueprint.post("/markets/<slug>/stalls/<int:stall_id>/vendors")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def appoint_vendor(slug: str, stall_id: int) -> ResponseReturnValue:
    """Let a person, by phone, sell at the stall."""
    _stall_of(slug, stall_id)
    form = PersonForm()
    if form.validate_on_submit():
        try:
            with transaction():
                stall, actor_id = _stall_of(slug, stall_id), auth.require_user().id
                name = services.appoint_vendor(stall, form.loaded["phone"], actor_id=actor_id).name
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            flash(_("%(name)s can now open the till of this stall.", name=name))
            return redirect(url_for("stalls.edit_stall", slug=slug, stall_id=stall_id), 303)
    return _stall_page(slug, stall_id, StallForm(formdata=None, obj=_stall_of(slug, stall_id)), form), 422


@blueprint.post("/markets/<slug>/stalls/<int:stall_id>/vendors/<int:user_id>/dismiss")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def dismiss_vendor(slug: str, stall_id: int, user_id: int) -> ResponseReturnValue:
    """Take the till of the stall away from a person."""
    _stall_of(slug, stall_id)
    with transaction():
        services.dismiss_vendor(_stall_of(slug, stall_id), user_id, actor_id=auth.require_user().id)
    flash(_("Saved."))
    return redirect(url_for("stalls.edit_stall", slug=slug, stall_id=stall_id), 303)


@blueprint.get("/markets/<slug>/shares")
@allow(Role.OPERATOR, Role.MARKET_MANAGER)
def shares(slug: str) -> ResponseReturnValue:
    """The cashless shares of a month (``?month=2026-11``), never the turnover of one stall."""
    market = managed_market(slug)
    month = asked_month()
    return render_template(
        "stalls/shares.html",
        market=market,
        shares=queries.shares(market, month.year, month.month),
        before=clock.add_months(month, -1),
        after=clock.add_months(month, 1) if clock.add_months(month, 1) <= clock.today() else None,
        fewest=queries.FEWEST_STALLS,
    )


def _stall_of(slug: str, stall_id: int) -> Stall:
    return queries.get_stall_of(managed_market(slug), stall_id)


def _is_step() -> bool:
    """Whether the province was only just chosen (without script): nothing is saved yet."""
    return "pick_place" in request.form


def _choice() -> PlaceChoice:
    return place_choice(request.form.get("province"), request.form.get("commune"))


def _offer_former(form: MarketForm, commune: AdminUnit | None) -> None:
    former = [known.unit for known in list_predecessors(commune)] if commune else []
    none = SelectChoice("", _("Not known, or another"))
    form.former_commune.choices = [none, *(SelectChoice(unit.code, unit.full_name) for unit in former)]


def _as_typed(market: Market) -> dict[str, Any]:
    return {
        "kind": market.kind.value,
        "name": market.name,
        "commune": market.commune.code,
        "former_commune": market.former_commune.code if market.former_commune else "",
        "collects_fees_cashless": market.collects_fees_cashless,
    }


def _with_units(loaded: dict[str, Any]) -> dict[str, Any]:
    """The form's values with the codes of communes turned into units. Raises ``Invalid``."""
    former = None
    if loaded["former_commune"]:
        former = find_unit(loaded["former_commune"], vintage=VINTAGE_BEFORE)
        if former is None:
            raise Invalid("former_commune_unknown", field="former_commune")
    return {**loaded, "commune": get_commune(loaded["commune"]), "former_commune": former}


def _as_stall(loaded: dict[str, Any]) -> dict[str, Any]:
    parts = [loaded[part] for part in ("bank_bin", "bank_account", "bank_holder")]
    bank = BankAccount(*parts) if all(parts) else None
    return {"number": loaded["number"], "name": loaded["name"], "goods": loaded["goods"], "bank": bank}


def _market_page(form: MarketForm, choice: PlaceChoice, *, market: Market | None) -> ResponseReturnValue:
    page = render_template("stalls/market_form.html", form=form, choice=choice, market=market, may_move=is_operator())
    return page, 422 if form.is_submitted() and not _is_step() else 200


def _producer_form(stall_id: int) -> ProducerForm:
    producer = queries.find_producer_of(stall_id)
    return ProducerForm(formdata=None, data={"producer": producer.slug if producer else ""})


def _manage_page(slug: str, form: PersonForm) -> str:
    market = managed_market(slug)
    stalls = queries.list_stalls(market)
    return render_template(
        "stalls/manage.html",
        market=market,
        stalls=stalls,
        vendors=holders_by_subject(Role.VENDOR, [stall.id for stall in stalls]),
        managers=list_holders(Role.MARKET_MANAGER, subject_id=market.id),
        form=form,
        may_appoint=is_operator(),
        may_name_account=market.id in auth.subject_ids(Role.MARKET_MANAGER),
        newest=queries.newest_accounts([stall.id for stall in stalls]),
        accounts_waiting=queries.count_waiting_accounts([market.id]),
        reports=queries.count_open_sticker_reports(frozenset({market.id})),
    )


def _stall_page(slug: str, stall_id: int, form: StallForm, person: PersonForm | None = None) -> str:
    stall = _stall_of(slug, stall_id)
    return render_template(
        "stalls/stall_form.html",
        market=stall.market,
        stall=stall,
        form=form,
        account=queries.newest_accounts([stall_id]).get(stall_id),
        person=person or PersonForm(formdata=None),
        vendors=list_holders(Role.VENDOR, subject_id=stall_id),
        producer_form=_producer_form(stall_id) if is_operator() else None,
    )
