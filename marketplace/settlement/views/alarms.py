"""Door: promises that the audit found broken. A person notes what is known of one; it stays until it is kept."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.audit import services as audit
from marketplace.core.db import retrying, transaction
from marketplace.core.roles import Role
from marketplace.ledger import alarms
from marketplace.ledger.audit_checks import MOST_ROWS
from marketplace.settlement import alarm_words
from marketplace.settlement.alarm_forms import AcknowledgeForm
from marketplace.settlement.services import asking
from marketplace.settlement.views import alarm_rows
from marketplace.settlement.views.blueprint import blueprint
from marketplace.web.access import allow
from marketplace.web.auth import require_user


@blueprint.context_processor
def audit_standing() -> dict[str, Any]:
    """Every money page can say when a promise is broken, or when nobody has looked."""
    return {"audit_standing": alarms.standing, "audit_asked_at": asking.audit_asked_at}


@blueprint.get("/alarms")
@allow(Role.OPERATOR)
def list_alarms() -> ResponseReturnValue:
    """Every promise that is broken now, with the rows that break it."""
    return _page()


@blueprint.post("/alarms/check")
@allow(Role.OPERATOR)
def check_books() -> ResponseReturnValue:
    """Ask the worker to prove the books now: that takes longer than a page may."""
    actor = require_user().id

    def write() -> None:
        with transaction():
            asking.ask_for_audit(actor_id=actor)

    retrying(write)
    flash(_("Asked for. The worker checks the books now; look again in a moment."))
    return redirect(url_for("settlement.list_alarms"), 303)


@blueprint.post("/alarms/<int:alarm_id>/acknowledge")
@allow(Role.OPERATOR)
def acknowledge_alarm(alarm_id: int) -> ResponseReturnValue:
    """Note that somebody knows of an alarm, with the reason."""
    form, actor = AcknowledgeForm(), require_user().id
    if not form.validate_on_submit():
        return _page(alarm_id, form), 422

    def write() -> None:
        with transaction():
            alarms.acknowledge(alarm_id, reason=form.loaded["reason"], actor_id=actor)
            audit.record("alarm.acknowledged", object_type="ledger_alarm", object_id=alarm_id, actor_id=actor)

    retrying(write)
    flash(_("Noted. The alarm stays until the audit finds the promise kept again."))
    return redirect(url_for("settlement.list_alarms"), 303)


def _page(alarm_id: int | None = None, refused: AcknowledgeForm | None = None) -> str:
    def form_for(wanted: int) -> AcknowledgeForm:
        form = refused if refused and alarm_id == wanted else AcknowledgeForm(formdata=None)
        form.reason.id = form.reason.label.field_id = f"reason-{wanted}"
        return form

    standing = alarms.standing()
    tables = alarm_rows.tables_of(standing.alarms)
    return render_template(
        "settlement/alarms.html",
        standing=standing,
        told=alarm_words.TOLD,
        tables=tables,
        most_rows=MOST_ROWS,
        form_for=form_for,
    )
