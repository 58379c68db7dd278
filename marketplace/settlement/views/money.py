"""Door: the operator's money page. What waits, why, and what can be done."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.settlement.forms import ApplyForm, RefundedForm, ReturnForm
from marketplace.settlement.queries import money as queries
from marketplace.settlement.services import money as services
from marketplace.settlement.views.blueprint import blueprint
from marketplace.settlement.words import REASONS
from marketplace.web.access import allow
from marketplace.web.auth import require_user
from marketplace.web.forms import SchemaForm


@blueprint.get("")
@allow(Role.OPERATOR)
def money() -> ResponseReturnValue:
    """Everything that waits for a decision, oldest first."""
    return _page()


@blueprint.post("/receipts/<int:receipt_id>/apply")
@allow(Role.OPERATOR)
def apply_receipt(receipt_id: int) -> ResponseReturnValue:
    """Let a transfer pay for a payment."""
    form, actor = ApplyForm(), require_user().id
    if not form.validate_on_submit():
        return _page(receipt_id, form), 422

    def write() -> None:
        with transaction():
            services.apply_by_hand(receipt_id, form.loaded["payment"], actor_id=actor)

    return _done(form, receipt_id, write, _("The transfer now pays for this payment."))


@blueprint.post("/receipts/<int:receipt_id>/return")
@allow(Role.OPERATOR)
def return_receipt(receipt_id: int) -> ResponseReturnValue:
    """Note that the rest of a transfer was sent back."""
    form, actor = ReturnForm(), require_user().id
    if not form.validate_on_submit():
        return _page(receipt_id, form), 422

    def write() -> None:
        with transaction():
            services.mark_returned(receipt_id, note=form.loaded["note"], actor_id=actor)

    return _done(form, receipt_id, write, _("Noted: the money was sent back."))


@blueprint.post("/refunds/<int:refund_id>/paid")
@allow(Role.OPERATOR)
def refund_paid(refund_id: int) -> ResponseReturnValue:
    """Note that a refund was paid by hand."""
    form, actor = RefundedForm(), require_user().id
    if not form.validate_on_submit():
        return _page(refund_id, form), 422

    def write() -> None:
        with transaction():
            services.mark_refunded(refund_id, reference=form.loaded["reference"], actor_id=actor)

    return _done(form, refund_id, write, _("Noted: the refund was paid."))


def _done(form: SchemaForm, row_id: int, write: Any, sentence: str) -> ResponseReturnValue:
    try:
        retrying(write)
    except Invalid as error:
        form.refuse(error)
        return _page(row_id, form), 422
    flash(sentence)
    return redirect(url_for("settlement.money"), 303)


def _page(row_id: int | None = None, refused: SchemaForm | None = None) -> str:
    def form_for(kind: type[SchemaForm], wanted: int) -> SchemaForm:
        """The form of one row: the refused one with what was typed, else an empty one; ids of its own."""
        form = refused if isinstance(refused, kind) and row_id == wanted else kind(formdata=None)
        for control in form:
            control.id = control.label.field_id = f"{control.name}-{wanted}"
        return form

    return render_template(
        "settlement/money.html",
        receipts=queries.waiting_receipts(),
        refunds=queries.refunds_by_hand(),
        events=queries.alarming_events(),
        reasons=REASONS,
        form_for=form_for,
        ApplyForm=ApplyForm,
        ReturnForm=ReturnForm,
        RefundedForm=RefundedForm,
    )
