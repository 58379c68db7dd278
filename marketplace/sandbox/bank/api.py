"""Door of the bank's JSON API: transfers, reversals, statement; ``Authorization: Bearer <BANK_API_KEY>``."""

import hmac
import re
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from marketplace.core import clock
from marketplace.sandbox.body import sent_json
from marketplace.sandbox.broken import broken_answer
from marketplace.sandbox.faults import BrokenAnswer, Moment
from marketplace.sandbox.parts import parts
from marketplace.sandbox.settings import BANK_BIN

from . import journal, outgoing
from .journal import BankError, Order

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KNOWN = {
    "qr",
    "bin",
    "account",
    "amount",
    "memo",
    "transacted_at",
    "payer_name",
    "payer_account",
    "payer_bin",
    "client_id",
}


api = Blueprint("bank_api", __name__, url_prefix="/bank/v1")


@api.before_request
def guard() -> None:
    """Only the shop's key; then the faults that wait for this call."""
    given = request.authorization
    token = given.token if given and given.type == "bearer" else None
    if not hmac.compare_digest((token or "").encode(), parts().settings.bank_key.encode()):
        raise BankError(401, "bad_key", "Authorization: Bearer <BANK_API_KEY> is missing or wrong.")
    parts().faults.strike("bank", request.path, Moment.BEFORE)


@api.after_request
def spoil(answer: Response) -> Response:
    """Lose the answer of a call that ran, when that was ordered."""
    if answer.status_code != 401:
        try:
            parts().faults.strike("bank", request.path, Moment.AFTER)
        except BrokenAnswer as fault:
            return broken_answer(fault)
    return answer


@api.post("/transfers")
def transfer() -> tuple[Response, int]:
    """Order a transfer; 201 with what became of it.

    With ``from_account`` the holder of that account pays somebody, once per ``Idempotency-Key``. Without it somebody
    pays into an account of this bank: 201 with the booking (again 201 for the same client_id).
    """
    given = sent_json()
    if isinstance(given, dict) and "from_account" in given:
        with parts().store.write() as db:
            ordered = outgoing.order(db, parts().settings, given, request.headers.get("Idempotency-Key"))
        parts().courier.ring()
        return jsonify(ordered), 201
    order = order_from(given)
    with parts().store.write() as db:
        return jsonify(journal.transfer(db, parts().settings, order)), 201


@api.get("/transfers/<ref>")
def retrieve(ref: str) -> Response:
    """One ordered transfer by its id, reference or key; else one booking."""
    with parts().store.read() as db:
        return jsonify(outgoing.find(db, ref) or journal.get(db, ref))


@api.post("/transfers/<ref>/<any(carry_out, refuse, give_back):happening>")
def happen(ref: str, happening: str) -> tuple[Response, int]:
    """Let a waiting transfer be carried out or refused, or a paid one come back: a control for tests."""
    with parts().store.write() as db:
        changed = getattr(outgoing, happening)(db, parts().settings, ref)
    parts().courier.ring()
    return jsonify(changed), 201


@api.post("/outgoing")
def choose() -> Response:
    """Choose what happens to transfers ordered from now on: ``{"outcome": "succeed" | "wait" | "fail"}``."""
    given = sent_json()
    with parts().store.write() as db:
        outgoing.choose(db, str(given.get("outcome")) if isinstance(given, dict) else "")
        return jsonify(outcome=outgoing.outcome(db))


@api.post("/transfers/<ref>/reversal")
def reversal(ref: str) -> tuple[Response, int]:
    """Take a transfer back; 201 with the outgoing booking."""
    with parts().store.write() as db:
        return jsonify(journal.reverse(db, parts().settings, ref)), 201


@api.get("/statement")
def statement() -> Response:
    """A page of bookings, oldest first, and where to go on."""
    asked = request.args
    with parts().store.read() as db:
        page = journal.statement(
            db,
            account=asked.get("account") or None,
            begin=_bound(asked.get("from"), "from"),
            end=_bound(asked.get("to"), "to"),
            starting_after=asked.get("starting_after") or None,
            limit=_limit(asked.get("limit")),
        )
    return jsonify(page)


@api.errorhandler(BankError)
def refuse(error: BankError) -> tuple[Response, int]:
    """A refusal of the bank, as it says it."""
    return jsonify(error.body()), error.status


@api.errorhandler(HTTPException)
def refuse_http(error: HTTPException) -> tuple[Response, int]:
    """A refusal of the web floor in the bank's words."""
    refusal = BankError(error.code or 400, "bad_request", error.description or "Bad request.")
    return jsonify(refusal.body()), refusal.status


def order_from(given: Any) -> Order:
    """A transfer order out of a JSON object: a QR with overrides, or account and amount. Raises BankError."""
    if not isinstance(given, dict):
        raise BankError(400, "bad_json", "The body is a JSON object.")
    if strange := sorted(set(given) - _KNOWN):
        raise BankError(400, "unknown_field", f"Unknown: {', '.join(strange)}", strange[0])
    for field in _KNOWN - {"amount"}:
        if given.get(field) is not None and not isinstance(given[field], str):
            raise BankError(400, "bad_type", f"{field} is a string.", field)
    target = _target(given)
    amount = target["amount"] if given.get("amount") is None else given["amount"]
    if type(amount) is not int:
        raise BankError(400, "bad_amount", "amount is a whole number of dong.", "amount")
    optional = {
        f: given[f] for f in ("payer_name", "payer_account", "payer_bin", "client_id") if given.get(f) is not None
    }
    order = Order(
        account=target["account"],
        amount=amount,
        memo=given["memo"] if given.get("memo") is not None else target["memo"],
        transacted_at=_moment(given.get("transacted_at"), "transacted_at") or clock.now(),
        **optional,
    )
    journal.check_order(order)
    return order


def _target(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("qr") is not None:
        code = journal.read_qr(given["qr"])
        account = code.account.account if code.account else None
        return {"account": account, "amount": code.amount, "memo": code.memo or ""}
    if given.get("bin") != BANK_BIN:
        raise BankError(400, "other_bank", f"bin is {BANK_BIN}: no other bank is simulated.", "bin")
    if given.get("account") is None:
        raise BankError(400, "bad_account", "account is missing.", "account")
    return {"account": given["account"], "amount": None, "memo": ""}


def _moment(written: str | None, field: str) -> datetime | None:
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    # an offset lost as a blank in a query, or no offset at all, is no moment
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year <= 2100:
        raise BankError(400, "bad_time", f"{field} is ISO 8601 with an offset, 2026-11-21T07:12:00+07:00.", field)
    return moment


def _bound(written: str | None, field: str) -> datetime | None:
    """A moment, or a day: its midnight in Vietnam."""
    if written and _DAY.fullmatch(written):
        try:
            return clock.local_day(date.fromisoformat(written))[0]
        except ValueError:
            raise BankError(400, "bad_time", f"{field} is no day of the calendar.", field) from None
    return _moment(written, field)


def _limit(written: str | None) -> int:
    if not written:
        return 50
    if not re.fullmatch("[0-9]{1,4}", written) or not 1 <= int(written) <= journal.MOST_ITEMS:
        raise BankError(400, "bad_limit", f"limit is 1 to {journal.MOST_ITEMS}.", "limit")
    return int(written)
