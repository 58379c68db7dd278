"""Door: the operator's money page. What waits, why, and what can be done."""

from collections.abc import Callable

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.ledger import alarms
from marketplace.payments.services import Decision
from marketplace.payments.settings import Payee
from marketplace.settlement import forms
from marketplace.settlement.event_words import EVENT_ADVICE, kind_of
from marketplace.settlement.failure_words import failure
from marketplace.settlement.queries import differences, events
from marketplace.settlement.queries import money as queries
from marketplace.settlement.queries.abouts import abouts_of
from marketplace.settlement.services import money as services
from marketplace.settlement.views.blueprint import blueprint
from marketplace.settlement.words import ADVICE, PROPOSED, REASONS
from marketplace.web.access import allow
from marketplace.web.auth import require_user
from marketplace.web.forms import SchemaForm


@blueprint.get("")
@allow(Role.OPERATOR)
def money() -> ResponseReturnValue:
    """Everything that waits for a decision, oldest first."""
    return _page()


@blueprint.post("/items/<int:item_id>/take")
@allow(Role.OPERATOR)
def take_item(item_id: int) -> ResponseReturnValue:
    """Take an item, so that nobody else decides about it."""
    actor = require_user().id
    return _done(None, item_id, lambda: services.take(item_id, actor_id=actor), _("This is yours now."))


@blueprint.post("/items/<int:item_id>/leave")
@allow(Role.OPERATOR)
def leave_item(item_id: int) -> ResponseReturnValue:
    """Put an item back for others."""
    actor = require_user().id
    return _done(None, item_id, lambda: services.leave(item_id, actor_id=actor), _("Put back for others."))


@blueprint.post("/items/<int:item_id>/close")
@allow(Role.OPERATOR)
def close_item(item_id: int) -> ResponseReturnValue:
    """Close the item of a reversal, or of a refund that did not arrive."""
    form = forms.CloseForm()

    def write() -> None:
        services.close(item_id, decided=_decision(form))

    return _submit(form, item_id, write, _("Closed, with your reason."))


@blueprint.post("/events/<int:event_id>/close")
@allow(Role.OPERATOR)
def close_event(event_id: int) -> ResponseReturnValue:
    """Close a message that changed nothing."""
    form = forms.EventForm()

    def write() -> None:
        services.close_event(event_id, decided=_decision(form))

    return _submit(form, event_id, write, _("Closed; your note stays with it."))


@blueprint.post("/items/<int:item_id>/again")
@allow(Role.OPERATOR)
def refund_again(item_id: int) -> ResponseReturnValue:
    """Give a refund that did not arrive once more, the way the money came."""
    form = forms.AgainForm()

    def write() -> None:
        services.refund_again(item_id, None, decided=_decision(form))

    return _submit(form, item_id, write, _("The refund was asked for once more."))


@blueprint.post("/items/<int:item_id>/again-to")
@allow(Role.OPERATOR)
def refund_again_to(item_id: int) -> ResponseReturnValue:
    """Give a refund that did not arrive once more, to an account that the operator typed."""
    form = forms.AgainToForm()

    def write() -> None:
        services.refund_again(item_id, _payee(form), decided=_decision(form))

    return _submit(form, item_id, write, _("The refund was asked for once more."))


@blueprint.post("/receipts/<int:receipt_id>/apply")
@allow(Role.OPERATOR)
def apply_receipt(receipt_id: int) -> ResponseReturnValue:
    """Let a transfer pay for a payment."""
    form = forms.ApplyForm()

    def write() -> None:
        services.apply_by_hand(receipt_id, form.loaded["payment"], decided=_decision(form))

    return _submit(form, receipt_id, write, _("The transfer now pays for this payment."))


@blueprint.post("/receipts/<int:receipt_id>/divide")
@allow(Role.OPERATOR)
def divide_receipt(receipt_id: int) -> ResponseReturnValue:
    """Divide a transfer over several payments, all of it or nothing."""
    form = forms.DivideForm()

    def write() -> None:
        services.divide(receipt_id, form.loaded["parts"], decided=_decision(form))

    return _submit(form, receipt_id, write, _("The transfer was divided."))


@blueprint.post("/receipts/<int:receipt_id>/send-back")
@allow(Role.OPERATOR)
def send_back(receipt_id: int) -> ResponseReturnValue:
    """Order a transfer back to the payer's own account."""
    form = forms.NoteForm()

    def write() -> None:
        services.send_back(receipt_id, None, decided=_decision(form))

    return _submit(form, receipt_id, write, _("The transfer back was ordered at the bank."))


@blueprint.post("/receipts/<int:receipt_id>/send-back-to")
@allow(Role.OPERATOR)
def send_back_to(receipt_id: int) -> ResponseReturnValue:
    """Order a transfer back to an account that the operator typed."""
    form = forms.SendBackForm()

    def write() -> None:
        services.send_back(receipt_id, _payee(form), decided=_decision(form))

    return _submit(form, receipt_id, write, _("The transfer back was ordered at the bank."))


@blueprint.post("/receipts/<int:receipt_id>/return")
@allow(Role.OPERATOR)
def return_receipt(receipt_id: int) -> ResponseReturnValue:
    """Note that the rest of a transfer was sent back outside this house."""
    form = forms.ReturnForm()

    def write() -> None:
        services.mark_returned(receipt_id, reference=form.loaded["reference"] or None, decided=_decision(form))

    return _submit(form, receipt_id, write, _("Noted: the money was sent back."))


@blueprint.post("/receipts/<int:receipt_id>/ignore")
@allow(Role.OPERATOR)
def ignore_receipt(receipt_id: int) -> ResponseReturnValue:
    """Lay money on somebody else's account aside."""
    form = forms.NoteForm()

    def write() -> None:
        services.ignore(receipt_id, decided=_decision(form))

    return _submit(form, receipt_id, write, _("Laid aside, with your reason."))


@blueprint.post("/refunds/<int:refund_id>/pay")
@allow(Role.OPERATOR)
def pay_refund(refund_id: int) -> ResponseReturnValue:
    """Order a refund to be transferred to an account that the operator found out."""
    form, actor = forms.PayeeForm(), require_user().id

    def write() -> None:
        services.pay_refund(refund_id, _payee(form), actor_id=actor)

    return _submit(form, refund_id, write, _("The refund was ordered at the bank."))


@blueprint.post("/refunds/<int:refund_id>/paid")
@allow(Role.OPERATOR)
def refund_paid(refund_id: int) -> ResponseReturnValue:
    """Note that a refund was paid by hand."""
    form, actor = forms.RefundedForm(), require_user().id

    def write() -> None:
        services.mark_refunded(refund_id, reference=form.loaded["reference"], actor_id=actor)

    return _submit(form, refund_id, write, _("Noted: the refund was paid."))


def _decision(form: SchemaForm) -> Decision:
    return Decision(require_user().id, form.loaded["note"])


def _payee(form: SchemaForm) -> Payee:
    return Payee(form.loaded["bin"], form.loaded["account"], form.loaded["holder"])


def _submit(form: SchemaForm, row_id: int, write: Callable[[], None], sentence: str) -> ResponseReturnValue:
    return _done(form, row_id, write, sentence) if form.validate_on_submit() else (_page(row_id, form), 422)


def _done(form: SchemaForm | None, row_id: int, write: Callable[[], None], sentence: str) -> ResponseReturnValue:
    def all_or_nothing() -> None:
        with transaction():
            write()

    try:
        retrying(all_or_nothing)
    except Invalid as error:
        if form is None:
            raise
        form.refuse(error)
        return _page(row_id, form), 422
    flash(sentence)
    return redirect(url_for("settlement.money"), 303)


def page_without_order(number: str) -> str:
    """The page for somebody who looked for an order that there is not: what was typed stays, with a word beside it."""
    return _page(unknown_order=number)


def _page(row_id: int | None = None, refused: SchemaForm | None = None, *, unknown_order: str | None = None) -> str:
    def form_for(kind: type[SchemaForm], wanted: int, place: str = "") -> SchemaForm:
        """The form of one row: the refused one with what was typed, else an empty one; ids of its own."""
        form = refused if refused and type(refused) is kind and row_id == wanted else kind(formdata=None)
        for control in form:
            control.id = control.label.field_id = f"{control.name}-{kind.__name__}{place}-{wanted}"
        return form

    refunds = queries.refunds_by_hand()
    return render_template(
        "settlement/money.html",
        waiting=queries.waiting_items(),
        refunds=refunds,
        refund_abouts=abouts_of([refund.payment_id for refund in refunds]),
        events=events.alarming_events(),
        closed=events.closed_events(),
        counts=_counts(),
        event_advice=EVENT_ADVICE,
        event_kind=kind_of,
        actor_id=require_user().id,
        unknown_order=unknown_order,
        reasons=REASONS,
        advice=ADVICE,
        proposed=PROPOSED,
        failure=failure,
        form_for=form_for,
        forms=forms,
    )


def _counts() -> dict[str, int]:
    """How much waits in each section and on each page that this one leads to."""
    return {
        "waiting": queries.count_open_items(),
        "refunds": queries.count_refunds_by_hand(),
        "events": events.count_alarming_events(),
        "alarms": len(alarms.standing().alarms),
        "differences": differences.count_open(),
    }
