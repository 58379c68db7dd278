"""Stocked goods at the till of a producer's stall, and the operator's word about whose goods a stall sells."""

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from marketplace.core.db import retrying, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.fields import WholeNumber
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.producers.queries import get_public_producer
from marketplace.stalls import queries, services
from marketplace.stalls.forms import GoodsForm, ProducerForm
from marketplace.stalls.models import Means
from marketplace.stalls.services import Wanted
from marketplace.stalls.views.door import blueprint, managed_market, own_stall
from marketplace.storefront.sellable import offer_for
from marketplace.web import auth, messages
from marketplace.web.access import allow

_MOST = 10_000


@blueprint.get("/till/<int:stall_id>/goods")
@allow(Role.VENDOR)
def goods(stall_id: int) -> ResponseReturnValue:
    """The goods in the store with their prices: how many of each?"""
    own_stall(stall_id)
    return _goods_page(stall_id, GoodsForm(formdata=None, data={"client_id": str(uuid.uuid4())}))


@blueprint.post("/till/<int:stall_id>/goods")
@allow(Role.VENDOR)
def sell_goods(stall_id: int) -> ResponseReturnValue:
    """Sell what was written beside the goods, by QR or in cash. The total is the shop's, not the form's."""
    own_stall(stall_id)
    form, vendor_id = GoodsForm(), auth.require_user().id
    if not form.validate_on_submit():
        return _goods_page(stall_id, form), 422
    wanted, means = _wanted(), form.loaded["means"]
    if wanted is None:
        form.form_errors.append(messages.say("goods_missing"))
        return _goods_page(stall_id, form), 422

    def work() -> int:
        with transaction():
            offers = offer_for([line.pack_id for line in wanted])
            prices = (offers[line.pack_id].unit_price * line.quantity for line in wanted if line.pack_id in offers)
            amount = Dong(sum(prices))
            sold = {"client_id": form.loaded["client_id"], "means": means, "vendor_id": vendor_id}
            return services.take_sale(stall_id, amount=amount, lines=wanted, **sold).id

    try:
        sale_id = retrying(work)
    except Conflict as refusal:
        form.form_errors.append(messages.say_error(refusal))
        return _goods_page(stall_id, form), 409
    if means is Means.CASH:
        return redirect(url_for("stalls.till", stall_id=stall_id, done=sale_id), 303)
    return redirect(url_for("stalls.sale", stall_id=stall_id, sale_id=sale_id), 303)


@blueprint.post("/markets/<slug>/stalls/<int:stall_id>/producer")
@allow(Role.OPERATOR)
def link_producer(slug: str, stall_id: int) -> ResponseReturnValue:
    """Say whose goods the stall sells from the store; an empty field ends it."""
    queries.get_stall_of(managed_market(slug), stall_id)
    form, actor_id = ProducerForm(), auth.require_user().id
    if not form.validate_on_submit():
        raise Invalid("producer_unknown", field="producer")

    def work() -> None:
        with transaction():
            producer = get_public_producer(form.loaded["producer"]) if form.loaded["producer"] else None
            services.link_producer(queries.get_stall(stall_id), producer, actor_id=actor_id)

    retrying(work)
    flash(_("Saved."))
    return redirect(url_for("stalls.edit_stall", slug=slug, stall_id=stall_id), 303)


def _wanted() -> list[Wanted] | None:
    """The numbers written beside the goods; None when nothing, or nothing readable, was written."""
    found = []
    try:
        for name, typed in request.form.items():
            if name.startswith("pack-") and typed.strip() not in ("", "0"):
                pack_id = WholeNumber(lowest=1, highest=2**53).deserialize(name.removeprefix("pack-"))
                found.append(Wanted(pack_id, WholeNumber(lowest=1, highest=_MOST).deserialize(typed)))
    except ValidationError:
        return None
    return found or None


def _goods_page(stall_id: int, form: GoodsForm) -> str:
    typed: dict[str, Any] = request.form.to_dict()
    return render_template(
        "stalls/goods.html",
        stall=queries.get_stall(stall_id),
        offers=queries.goods_of(stall_id),
        form=form,
        typed=typed,
    )
