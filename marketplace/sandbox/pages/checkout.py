"""The gateway's own payment page of a Checkout Session: the buyer types a test card."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response

from marketplace.sandbox.parts import parts
from marketplace.sandbox.stripe import checkout
from marketplace.sandbox.stripe.cards import ACCOUNTS, BANK_DEBIT, CARDS
from marketplace.sandbox.stripe.errors import StripeError
from marketplace.sandbox.stripe.objects import Body, call_for, find
from marketplace.sandbox.words import gettext as _

pages = Blueprint("checkout", __name__, url_prefix="/checkout")


@pages.get("/<ref>")
def show(ref: str) -> str | Response:
    """What is sold and a field for the card; a finished session leads on to the shop."""
    with parts().store.read() as db:
        session = _session(db, ref)
    if session["status"] == "complete":
        return redirect(checkout.success_address(session), 303)
    return _page(session, None)


@pages.post("/<ref>")
def pay(ref: str) -> str | Response | tuple[str, int]:
    """Charge the card and go on: to the shop, or to the authentication page."""
    number = "".join(request.form.get("number", "").split())
    with parts().store.read() as db:
        session = _session(db, ref)
    if session["status"] != "open":
        return redirect(request.path, 303)
    intent = _charge(ref, number)
    parts().courier.ring()
    if isinstance(intent, StripeError):
        return _page(session, intent), 422
    if intent["status"] == "requires_action":
        return redirect(intent["next_action"]["redirect_to_url"]["url"], 303)
    return redirect(checkout.success_address(session), 303)


@pages.get("/<ref>/return")
def back(ref: str) -> Response:
    """Back from the authentication page: on to the shop when paid, else once more to the card."""
    with parts().store.read() as db:
        session = _session(db, ref)
    if session["status"] == "complete":
        return redirect(checkout.success_address(session), 303)
    return redirect(f"/checkout/{session['id']}", 303)


def _charge(ref: str, number: str) -> Body | StripeError:
    """The intent after the attempt, or why there was none. What a refused card leaves behind is kept."""
    try:
        with parts().store.write() as db:
            session = _session(db, ref)
            try:
                return checkout.pay(call_for(db, parts().settings, session), session, number)
            except StripeError as error:
                if not error.keeps_effects:
                    raise
                return error
    except StripeError as error:
        return error


def _page(session: Body, refusal: StripeError | None) -> str:
    g.form_target = _origin(session["success_url"])
    words = None
    if refusal is not None:
        codes = (refusal.error.get("code"), refusal.error.get("decline_code"))
        is_test_card = "incorrect_number" not in codes and "test_mode_live_card" not in codes
        unknown = _("Only the test cards listed on the start page work here.")
        refused = _("The card was refused. Please try another one.")
        words = refused if refusal.status == 402 and is_test_card else unknown
    number = request.form.get("number", "4242 4242 4242 4242")
    return render_template(
        "sandbox/checkout.html",
        session=session,
        lines=session["_items"],
        refusal=words,
        number=number,
        cards=CARDS,
        accounts=ACCOUNTS if BANK_DEBIT in session["payment_method_types"] else (),
    )


def _session(db: sa.Connection, ref: str) -> Body:
    session = find(db, "checkout.session", ref)
    if session is None:
        abort(404)
    return session


def _origin(address: str) -> str:
    split = urlsplit(address)
    return f"{split.scheme}://{split.netloc}"
