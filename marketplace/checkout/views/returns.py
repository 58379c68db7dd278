"""Doors: what buyers want to call off or send back; the producer answers, or the operator when they are silent."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.checkout import flows, queries
from marketplace.checkout.deadlines import ANSWER_TIME
from marketplace.checkout.flows import Decider
from marketplace.checkout.forms import AnswerForm, BackForm, counted, counting
from marketplace.checkout.models import ReturnRequest
from marketplace.checkout.views.blueprint import blueprint
from marketplace.core import clock
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.web import auth
from marketplace.web.access import allow
from marketplace.web.addresses import asked_page
from marketplace.web.forms import SchemaForm
from marketplace.web.navigation import MenuItem, add

#: Last parts of the addresses of answers.
_ANSWERS = ("accept", "pay", "refuse")
_WHO = frozenset({Role.PRODUCER, Role.OPERATOR})
add(MenuItem(_l("Called off and sent back"), "checkout.returns", 44, _WHO, "arrow-return-left", on_desk_of=_WHO))


@blueprint.get("/producer/returns")
@allow(Role.PRODUCER, Role.OPERATOR)
def returns() -> ResponseReturnValue:
    """The requests about the own parcels (the operator sees all). Query: ``tab`` (open, closed), ``page``."""
    tab = "closed" if request.args.get("tab") == "closed" else "open"
    number = asked_page()
    page = queries.page_of_returns(_decider().producer_ids, is_open=tab == "open", number=number)
    late = {asked.id for asked in page.items if queries.is_unanswered(asked, clock.now())}
    return render_template("checkout/returns.html", page=page, tab=tab, late=late, answer_days=ANSWER_TIME.days)


@blueprint.get("/producer/returns/<int:request_id>")
@allow(Role.PRODUCER, Role.OPERATOR)
def one_return(request_id: int) -> ResponseReturnValue:
    """One request: what, why, since when, and the ways to answer."""
    return _page(_own(request_id))


@blueprint.post("/producer/returns/<int:request_id>/<answer>")
@allow(Role.PRODUCER, Role.OPERATOR)
def answer_return(request_id: int, answer: str) -> ResponseReturnValue:
    """Accept (goods awaited), accept and pay back at once (*pay*), or refuse with a reason."""
    if answer not in _ANSWERS:
        raise NotFound("return_not_found")
    found, form = _own(request_id), AnswerForm()
    if not form.validate_on_submit():
        return _page(found, answering=form, code=422)
    words = form.loaded["answer"]
    try:
        if answer == "refuse":
            flows.refuse_return(request_id, _decider(), answer=words)
        else:
            flows.accept_return(request_id, _decider(), goods_stay=answer == "pay", answer=words)
    except Invalid as refused:
        form.refuse(refused)
        return _page(found, answering=form, code=422)
    flash(_("Your answer is with the buyer."), "message")
    return redirect(url_for("checkout.one_return", request_id=request_id), 303)


@blueprint.post("/producer/returns/<int:request_id>/received")
@allow(Role.PRODUCER, Role.OPERATOR)
def receive_return(request_id: int) -> ResponseReturnValue:
    """The goods are back: so many packs of each line can be sold again; the money goes back to the buyer."""
    found = _own(request_id)
    form = _back_form(found)
    if not form.validate_on_submit():
        return _page(found, receiving=form, code=422)
    flows.receive_return(request_id, _decider(), counted(form))
    flash(_("The money is on its way back to the buyer."), "message")
    return redirect(url_for("checkout.one_return", request_id=request_id), 303)


def _decider() -> Decider:
    user = auth.require_user()
    return Decider(user.id, None if Role.OPERATOR in user.roles else auth.subject_ids(Role.PRODUCER))


def _own(request_id: int) -> ReturnRequest:
    return queries.get_return(request_id, _decider().producer_ids)


def _back_form(found: ReturnRequest, *, with_typed: bool = True) -> BackForm:
    lines = {
        line.id: (f"{line.order_line.product_name} ({line.order_line.pack_label})", line.quantity)
        for line in found.lines
    }
    return counting(BackForm, lines, **({} if with_typed else {"formdata": None}))


def _page(
    found: ReturnRequest,
    *,
    answering: SchemaForm | None = None,
    receiving: SchemaForm | None = None,
    code: int = 200,
) -> ResponseReturnValue:
    is_late = queries.is_unanswered(found, clock.now())
    page = render_template(
        "checkout/return.html",
        asked=found,
        answering=answering or AnswerForm(formdata=None),
        receiving=receiving or _back_form(found, with_typed=False),
        may_answer=not _decider().is_operator or is_late,
        is_late=is_late,
        answer_until=found.asked_at + ANSWER_TIME,
    )
    return page, code
