"""The home page, faults on demand, and the handles that tests of running processes use."""

import re
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from marketplace.sandbox.body import sent_json
from marketplace.sandbox.faults import (
    CALL_CHANNELS,
    CALL_FAULTS,
    MESSAGE_CHANNELS,
    MESSAGE_FAULTS,
    FaultError,
    read_fault,
)
from marketplace.sandbox.pages.amounts import typed_dong
from marketplace.sandbox.parts import parts
from marketplace.sandbox.store import bookings, messages
from marketplace.sandbox.store import objects as stored
from marketplace.sandbox.stripe import checkout
from marketplace.sandbox.stripe.cards import CARDS
from marketplace.sandbox.stripe.currencies import LEAST, MOST
from marketplace.sandbox.stripe.errors import BadParameter
from marketplace.sandbox.stripe.objects import Call
from marketplace.sandbox.words import gettext as _

pages = Blueprint("control", __name__)

#: What the cards are tried with unless somebody types another amount.
TRIED = "150.000"


@pages.get("/")
def home() -> str:
    """What this is, and the ways in."""
    return _home(TRIED, None)


@pages.post("/sandbox/try")
def try_cards() -> AnyResponse | tuple[str, int]:
    """A payment page of the gateway's own, for nothing and from nobody: to see what each test card does.

    What the gateway takes from no card, because it is too little or too much, is refused beside the amount.
    """
    typed = request.form.get("amount", TRIED)
    name, back = _("Something to try the cards with"), url_for("gateway.objects", log="intents", _external=True)
    price = {"currency": "vnd", "unit_amount": typed_dong(typed), "product_data": {"name": name}}
    given = {"mode": "payment", "success_url": back, "cancel_url": back, "line_items": [_one(price)]}
    try:
        with parts().store.write() as db:
            session = checkout.create(Call(db, parts().settings, given))
    except BadParameter as refusal:
        return _home(typed, refusal), 422
    return redirect(urlsplit(session["url"]).path, 303)


@pages.get("/favicon.ico")
def no_icon() -> tuple[str, int]:
    """Browsers ask for it unbidden; there is none."""
    return "", 204


@pages.get("/healthz")
def healthz() -> Response:
    """Alive, and the file can be read."""
    with parts().store.read() as db:
        db.execute(sa.select(sa.literal(1)))
    return jsonify(status="ok")


@pages.get("/sandbox/faults")
def list_faults() -> str | Response:
    """The orders that wait: as JSON for programs, as a page for people."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return _waiting()
    return _page(None)


@pages.post("/sandbox/faults")
def order_faults() -> AnyResponse | tuple[str | Response, int]:
    """Order faults. JSON: one object or a list of them, ``{"clear": true, "seed": 7}`` first to start anew."""
    given: Any = sent_json() if request.is_json else request.form.to_dict()
    try:
        for item in given if isinstance(given, list) else [given]:
            _order(item)
    except FaultError as error:
        return (jsonify(error=str(error)), 400) if request.is_json else (_page(error, given), 422)
    return _waiting() if request.is_json else redirect(url_for("control.list_faults"), 303)


@pages.post("/sandbox/deliver")
def deliver() -> Response:
    """Carry every waiting message once, due or not; each try with its status."""
    return jsonify(attempts=[asdict(attempt) for attempt in parts().courier.deliver_now()])


def _one(price: dict[str, Any]) -> dict[str, Any]:
    return {"price_data": price, "quantity": 1}


def _home(typed: str, refusal: BadParameter | None) -> str:
    with parts().store.read() as db:
        counts = {
            "intents": _count(db, sa.select(stored.c.seq).where(stored.c.kind == "payment_intent")),
            "transfers": _count(db, sa.select(bookings.c.seq)),
            "waiting": _count(db, sa.select(messages.c.id).where(messages.c.state == "waiting")),
        }
    facts = {"counts": counts, "cards": CARDS, "typed": typed, "refusal": refusal, "least": LEAST["vnd"], "most": MOST}
    return render_template("sandbox/home.html", **facts, public_url=parts().settings.public_url)


def _order(item: Any) -> None:
    if not isinstance(item, dict):
        raise FaultError("A fault is an object.")
    if item.get("clear"):
        seed = str(item.get("seed") or 0)
        parts().faults.clear(int(seed) if re.fullmatch("[0-9]{1,18}", seed) else 0)
        return
    parts().faults.order(read_fault(item))


def _waiting() -> Response:
    return jsonify(waiting=[asdict(fault) for fault in parts().faults.waiting()])


def _page(error: FaultError | None, typed: Any = None) -> str:
    offered = [(c, CALL_FAULTS) for c in CALL_CHANNELS] + [(c, MESSAGE_FAULTS) for c in MESSAGE_CHANNELS]
    waiting = parts().faults.waiting()
    return render_template("sandbox/faults.html", waiting=waiting, offered=offered, error=error, typed=typed or {})


def _count(db: sa.Connection, query: sa.Select[Any]) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())
