"""Money on the trader's account without a code of ours, and sales that are paid in cash after all."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Invalid
from marketplace.core.roles import Role
from marketplace.stalls import queries, services
from marketplace.stalls.forms import ConfirmationForm
from marketplace.stalls.views.door import blueprint, own_stall
from marketplace.web import auth
from marketplace.web.access import allow


@blueprint.get("/till/<int:stall_id>/incoming")
@allow(Role.VENDOR)
def incoming(stall_id: int) -> ResponseReturnValue:
    """What reached the own account of late without a code, with the sales that it may have paid."""
    stall = own_stall(stall_id)
    return render_template(
        "stalls/incoming.html",
        stall=stall,
        found=queries.list_incoming(stall),
        minutes=queries.MATCH_WINDOW.seconds // 60,
    )


@blueprint.post("/till/<int:stall_id>/incoming/<int:receipt_id>/confirm")
@allow(Role.VENDOR)
def confirm_incoming(stall_id: int, receipt_id: int) -> ResponseReturnValue:
    """The trader's word: this transfer paid that sale."""
    own_stall(stall_id)
    form, actor_id = ConfirmationForm(), auth.require_user().id
    if not form.validate_on_submit():
        raise Invalid("choice_unknown", field="sale_id")

    def work() -> None:
        with transaction():
            services.confirm_receipt(stall_id, receipt_id, form.loaded["sale_id"], actor_id=actor_id)

    retrying(work)
    flash(_("The sale is paid by this transfer."))
    return redirect(url_for("stalls.sale", stall_id=stall_id, sale_id=form.loaded["sale_id"]), 303)


@blueprint.post("/till/<int:stall_id>/incoming/<int:receipt_id>/record")
@allow(Role.VENDOR)
def record_incoming(stall_id: int, receipt_id: int) -> ResponseReturnValue:
    """The trader's word: this transfer paid for something that was never rung up."""
    own_stall(stall_id)
    actor_id = auth.require_user().id

    def work() -> int:
        with transaction():
            return services.record_incoming(stall_id, receipt_id, actor_id=actor_id).id

    sale_id = retrying(work)
    flash(_("Recorded as a sale, paid by this transfer."))
    return redirect(url_for("stalls.sale", stall_id=stall_id, sale_id=sale_id), 303)


@blueprint.post("/till/<int:stall_id>/sales/<int:sale_id>/cash")
@allow(Role.VENDOR)
def pay_in_cash(stall_id: int, sale_id: int) -> ResponseReturnValue:
    """The buyer of a waiting QR sale pays in cash: no network, no battery, no money on the account."""
    own_stall(stall_id)
    actor_id = auth.require_user().id

    def work() -> int:
        with transaction():
            return services.convert_to_cash(queries.get_sale(stall_id, sale_id), actor_id=actor_id).id

    return redirect(url_for("stalls.till", stall_id=stall_id, done=retrying(work)), 303)
