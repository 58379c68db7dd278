"""The card side for people: the authentication page, and logs of intents, refunds, events and deliveries."""

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import sqlalchemy as sa
from flask import Blueprint, abort, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.sandbox.body import sent_json
from marketplace.sandbox.ids import new_id
from marketplace.sandbox.parts import parts
from marketplace.sandbox.store import attempts, messages
from marketplace.sandbox.stripe import checkout, confirming, debits, endpoints, setups
from marketplace.sandbox.stripe.errors import StripeError
from marketplace.sandbox.stripe.objects import Body, Call, call_for, every, find, listing, shown

#: The logs: address, kind of object.
LOGS = {"intents": "payment_intent", "charges": "charge", "refunds": "refund", "events": "event"}
_PAGE = 50


pages = Blueprint("gateway", __name__)


@pages.get("/3ds/<ref>")
def challenge(ref: str) -> str:
    """The bank asks its customer to confirm; a person completes or fails it."""
    with parts().store.read() as db:
        intent = _challenged(db, ref)
        session = find(db, "checkout.session", intent.get("_checkout_session") or "")
    # the answer leads to the shop, of a session by way of the payment page
    g.form_target = _origin(session["success_url"] if session else intent.get("_return_url"))
    return render_template("sandbox/challenge.html", intent=intent, secret=request.args["secret"])


@pages.post("/3ds/<ref>")
def answer(ref: str) -> Response | str:
    """Carry the answer out and go back to the shop, as Stripe's page does."""
    with parts().store.write() as db:
        intent = _challenged(db, ref)
        call = call_for(db, parts().settings, intent)
        passed = request.form.get("how") == "complete"
        if intent["object"] == "setup_intent":
            setups.answer_challenge(call, intent, passed=passed)
        else:
            confirming.answer_challenge(call, intent, passed=passed)
        checkout.settle(call, intent)
    parts().courier.ring()
    back = intent.get("_return_url")
    g.form_target = _origin(back)
    if back:
        return redirect(_return_address(back, intent), 303)
    return render_template("sandbox/challenge.html", intent=intent, secret=request.args["secret"])


@pages.get("/stripe/<log>")
def objects(log: str) -> str:
    """One log, newest first, 50 to a page."""
    if log not in LOGS:
        abort(404)
    params: dict[str, Any] = {"limit": _PAGE}
    if request.args.get("starting_after"):
        params["starting_after"] = request.args["starting_after"]
    with parts().store.read() as db:
        try:
            page = listing(Call(db, parts().settings, params), LOGS[log], f"/v1/{log}")
        except StripeError:
            abort(404)
    return render_template("sandbox/log.html", log=log, logs=LOGS, page=page)


@pages.get("/stripe/<log>/<ref>")
def object_page(log: str, ref: str) -> str:
    """One object as the API answers it."""
    with parts().store.read() as db:
        body = find(db, LOGS.get(log, ""), ref)
    if body is None:
        abort(404)
    written = json.dumps(shown(body), ensure_ascii=False, indent=2)
    waits = body["object"] == "payment_intent" and body["status"] == "processing"
    return render_template("sandbox/object.html", log=log, ref=ref, written=written, waits=waits)


@pages.post("/stripe/intents/<ref>")
def decide(ref: str) -> Response | tuple[Response, int]:
    """The bank's answer to a debit that is processing: ``how`` is succeed or fail, from the form or as JSON."""
    given: Any = sent_json() if request.is_json else request.form
    how = given.get("how") if isinstance(given, Mapping) else None
    with parts().store.write() as db:
        intent = find(db, "payment_intent", ref)
        if intent is None or how not in ("succeed", "fail"):
            abort(404 if intent is None else 400)
        try:
            call = call_for(db, parts().settings, intent)
            intent = debits.decide(call, ref, paid=how == "succeed")
            checkout.hear(call, ref)
        except StripeError as error:
            if request.is_json:
                return jsonify(error.body(new_id("req", 14))), error.status
    parts().courier.ring()
    if request.is_json:
        return jsonify(intent), 200
    return redirect(url_for("gateway.object_page", log="intents", ref=ref), 303)


@pages.get("/deliveries")
def deliveries() -> str:
    """The last messages to other systems, and the endpoints they go to."""
    with parts().store.read() as db:
        rows = db.execute(sa.select(messages).order_by(messages.c.id.desc()).limit(100)).all()
        points = [shown(point) for point in every(db, "webhook_endpoint")]
    return render_template(
        "sandbox/deliveries.html", messages=rows, endpoints=points, notice_url=parts().settings.notice_url
    )


@pages.get("/deliveries/<int(max=9223372036854775807):ref>")
def delivery(ref: int) -> Response:
    """One message with each try; a page that was opened before the first try loads itself again."""
    with parts().store.read() as db:
        message = db.execute(sa.select(messages).where(messages.c.id == ref)).one_or_none()
        tries = db.execute(sa.select(attempts).where(attempts.c.message == ref).order_by(attempts.c.id)).all()
    if message is None:
        abort(404)
    page = Response(render_template("sandbox/delivery.html", message=message, tries=tries), mimetype="text/html")
    if message.state == "waiting" and not tries:
        page.headers["Refresh"] = "2"
    return page


@pages.post("/deliveries/<int(max=9223372036854775807):ref>/replay")
def replay(ref: int) -> Response:
    """Send a message once more."""
    if not parts().courier.replay(ref):
        abort(404)
    return redirect(url_for("gateway.delivery", ref=ref), 303)


@pages.post("/endpoints/<ref>/secret")
def roll_secret(ref: str) -> str:
    """A new signing secret, shown once; the old one signs beside it for a day."""
    with parts().store.write() as db:
        try:
            secret = endpoints.roll_secret(Call(db, parts().settings), ref)
        except StripeError:
            abort(404)
    return render_template("sandbox/secret.html", secret=secret)


def _challenged(db: sa.Connection, ref: str) -> Body:
    """The intent of an authentication page; 404 unless the link carries its client secret."""
    intent = find(db, "payment_intent", ref) or find(db, "setup_intent", ref)
    if intent is None:
        abort(404)
    if not hmac.compare_digest(request.args.get("secret", "").encode(), intent["client_secret"].encode()):
        abort(404)
    return intent


def _origin(address: str | None) -> str | None:
    """Scheme and host that the page's form may lead to."""
    parts = urlsplit(address or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def _return_address(back: str, intent: Body) -> str:
    parts = urlsplit(back)
    told = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": "failed" if intent["status"] == "requires_payment_method" else "succeeded",
    }
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *told.items()])
    return urlunsplit(parts._replace(query=query))
