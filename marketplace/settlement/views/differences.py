"""Doors: differences from bank and gateway, one day of one account, and statement files."""

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core import clock
from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.payments import settings
from marketplace.settlement import words
from marketplace.settlement.flows import differences as flows
from marketplace.settlement.flows import statements
from marketplace.settlement.forms import ResolveForm, StatementForm
from marketplace.settlement.models import GATEWAY, Outcome, StatementDifference
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.queries import statement_days
from marketplace.settlement.queries.pairs import Pair
from marketplace.settlement.services import differences as services
from marketplace.settlement.statement_files import ParsedStatement
from marketplace.settlement.statement_tables import MAX_BYTES, Problem, StatementRefused
from marketplace.settlement.views.blueprint import blueprint
from marketplace.web.access import allow
from marketplace.web.auth import require_user
from marketplace.web.messages import say
from marketplace.web.uploads import read_upload


@blueprint.get("/differences")
@allow(Role.OPERATOR)
def differences() -> ResponseReturnValue:
    """What differs, what was closed lately, and when the books were compared last."""
    return _page()


@blueprint.post("/differences/compare")
@allow(Role.OPERATOR)
def reconcile_now() -> ResponseReturnValue:
    """Compare yesterday and today at once."""
    done = flows.reconcile()
    if done.outcome is Outcome.UNANSWERED:
        flash(_("Not everybody answered: %(silent)s", silent=words.silent_sides(done.silent)), "warning")
    elif done.still_open:
        flash(
            ngettext(
                "Compared: %(num)s difference is open.", "Compared: %(num)s differences are open.", done.still_open
            )
        )
    else:
        flash(_("Compared: books, bank and gateway agree."))
    return redirect(url_for("settlement.differences"), 303)


@blueprint.post("/differences/<int:difference_id>/take")
@allow(Role.OPERATOR)
def take_difference(difference_id: int) -> ResponseReturnValue:
    """The person behind this request will find out."""
    actor = require_user().id

    def write() -> None:
        with transaction():
            services.take(difference_id, actor_id=actor)

    retrying(write)
    flash(_("This difference is yours now."))
    return redirect(url_for("settlement.differences", _anchor=f"difference-{difference_id}"), 303)


@blueprint.post("/differences/<int:difference_id>/resolve")
@allow(Role.OPERATOR)
def resolve_difference(difference_id: int) -> ResponseReturnValue:
    """Close a difference with a reason."""
    form, actor = ResolveForm(), require_user().id
    if not form.validate_on_submit():
        return _page(difference_id, form), 422

    def write() -> None:
        with transaction():
            services.resolve(difference_id, reason=form.loaded["reason"], actor_id=actor)

    retrying(write)
    flash(_("The difference is closed; its reason stays here."))
    return redirect(url_for("settlement.differences"), 303)


@blueprint.get("/differences/day")
@allow(Role.OPERATOR)
def statement_day() -> ResponseReturnValue:
    """One day of one account: opening, in, out, closing, and every movement with its result."""
    account = request.args.get("account", settings.current().collecting.account)
    if account not in statement_days.accounts():
        raise NotFound("account_unknown")
    day = _day(request.args.get("day", ""))
    found = statement_days.statement_day(account, day)
    return render_template(
        "settlement/statement_day.html",
        found=found,
        rows=queries.differences_of(account, day),
        names=_names(),
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        verdict=lambda pair: _verdict(account, pair),
    )


@blueprint.route("/statement-import", methods=["GET", "POST"])
@allow(Role.OPERATOR)
def import_statement() -> ResponseReturnValue:
    """Choose a statement file, have it checked, and take it over."""
    form, actor = StatementForm(), require_user().id
    if not form.is_submitted():
        return _statement_page(form)
    if not form.validate_on_submit():
        return _statement_page(form), 422
    upload = form.file.data or None
    try:
        content = read_upload(upload, field="file", limit=MAX_BYTES)
        if upload is None or content is None:
            raise Invalid("required", field="file")
        if "only_check" in request.form:
            return _statement_page(form, checked=statements.check_file(content))
        done = statements.import_file(content, file_name=str(upload.filename), actor_id=actor)
    except Invalid as error:
        form.refuse(error)
        return _statement_page(form), 422
    except StatementRefused as refused:
        return _statement_page(form, problems=refused.problems), 422
    flash(
        _(
            "Taken over: %(rows)s rows, %(new)s new, of which %(booked)s were money nobody had told us of.",
            rows=done.rows,
            new=done.new,
            booked=done.booked,
        )
    )
    return redirect(url_for("settlement.import_statement"), 303)


def _page(row_id: int | None = None, refused: ResolveForm | None = None) -> str:
    def form_for(wanted: int) -> ResolveForm:
        form = refused if refused is not None and row_id == wanted else ResolveForm(formdata=None)
        for control in form:
            control.id = control.label.field_id = f"{control.name}-{wanted}"
        return form

    rows, closed = queries.open_differences(), queries.closed_lately()
    people = {row.owner_id for row in rows} | {row.resolved_by_id for row in closed}
    return render_template(
        "settlement/differences.html",
        rows=rows,
        closed=closed,
        shares=queries.shares_of(rows),
        last=queries.last_run(),
        is_overdue=queries.is_overdue(),
        form_for=form_for,
        names=_names(),
        people=queries.names_of(people),
        kinds=lambda row: _kind(row.account, row),
        hints=words.DIFFERENCE_HINTS,
        outcomes=words.OUTCOMES,
        silent_sides=words.silent_sides,
        endings=words.ENDINGS,
        states=words.STATES,
    )


def _statement_page(
    form: StatementForm, *, problems: list[Problem] | None = None, checked: ParsedStatement | None = None
) -> str:
    return render_template(
        "settlement/statement_import.html",
        form=form,
        problems=problems or [],
        checked=checked,
        account=settings.current().collecting.account,
        imports=queries.imports_lately(),
        say=lambda problem: say(problem.code, "invalid", **problem.facts),
    )


def _names() -> dict[str, str]:
    account = settings.current().collecting.account
    return {account: _("Bank account %(account)s", account=account), GATEWAY: _("Card gateway")}


def _kind(account: str, found: StatementDifference | Pair) -> Any:
    return words.difference_kind(found.kind, is_gateway=account == GATEWAY) if found.kind else ""


def _verdict(account: str, pair: Pair) -> Any:
    """The result of one movement in the words of the report."""
    if pair.kind is not None:
        return _kind(account, pair)
    if pair.is_young:
        return _("Not compared yet")
    return _("Matched, booked on another day") if pair.is_other_day else _("Matched")


def _day(written: str) -> date:
    try:
        day = date.fromisoformat(written) if written else clock.today()
    except ValueError:
        raise Invalid("date_unreadable", field="day") from None
    if day > clock.today():
        raise Invalid("day_in_future", field="day")
    if day.year < 2000:
        raise Invalid("date_unreadable", field="day")
    return day
