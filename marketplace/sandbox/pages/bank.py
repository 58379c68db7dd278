"""The bank app as the payer holds it, its receipt, and the statement of each account."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from marketplace.core import clock, vietqr
from marketplace.sandbox.bank import journal, outgoing
from marketplace.sandbox.bank.journal import BankError, Order
from marketplace.sandbox.bank.notices import MORE, Way
from marketplace.sandbox.pages.amounts import typed_dong
from marketplace.sandbox.parts import parts
from marketplace.sandbox.qr_words import explained
from marketplace.sandbox.settings import is_web_address
from marketplace.sandbox.store import choices, messages
from marketplace.sandbox.words import gettext as _

#: What the buttons for a slip of the hand change, in dong.
SLIP = 1_000
#: Buttons that pay the right amount with one thing wrong, by what it is, each with its number in the list of cases.
SLIPS = {
    "memo": {"no_memo": 12, "untidy": 13, "wrapped": 14, "cut": 15, "wrong_letter": 16, "two_codes": 17},
    "time": {"late": 8, "heard_late": 10, "swapped": 21},
    "notice": {"lost": 22, "twice_told": 2, "changed": 3, "unreached": 24, "unanswered": 25, "forged": 23, "stale": 23},
    "statement": {"unbooked": 34, "misstated": 34},
}
_WAYS = {
    "lost": Way.LOST,
    "twice_told": Way.TWICE,
    "changed": Way.CHANGED,
    "unreached": Way.UNREACHED,
    "unanswered": Way.UNANSWERED,
    "forged": Way.FORGED,
    "stale": Way.STALE,
    "unbooked": Way.UNBOOKED,
    "misstated": Way.MISSTATED,
}
#: Buttons whose notice has no money behind it.
_NO_MONEY = ("forged", "stale", "unbooked")
#: Seconds that the shop hears later of the first of two parts whose notices change places.
_SWAP = 8.0
#: What a bank leaves of a message when it cuts it.
_CUT = 25
_ONE_WRONG = {"wrong_account", *(name for group in SLIPS.values() for name in group)}
#: Minutes that bank time may be off, as offered on the page; 0 is now.
SHIFTS = (0, -15, -60, -24 * 60, -7 * 24 * 60, 15, 60, 24 * 60)
#: Seconds that the notice may lag behind, as offered on the page.
LAGS = (0, 30, 300, 3600)


pages = Blueprint("bank", __name__, url_prefix="/bank")


@pages.get("/app")
def app() -> str | tuple[str, int]:
    """Read a code that was pasted, or came with the link, and show whom it pays."""
    payload = request.args.get("qr", "")
    if not payload:
        return render_template("sandbox/bank_scan.html", payload="", refusal=None, **_back(request.args))
    try:
        code = journal.read_qr(payload)
    except BankError as error:
        return _scan_again(payload, error)
    remember(code.memo)
    return render_template("sandbox/bank_pay.html", **_offer(payload, code), **_back(request.args))


def remember(memo: str | None) -> None:
    """Keep the last two different messages that were scanned: one of them is "the other code" of a slip."""
    with parts().store.write() as db:
        kept = [memo or "", *(text for text in _scanned(db) if text != memo)]
        db.execute(sa.delete(choices).where(choices.c.name == "scanned"))
        db.execute(sa.insert(choices).values(name="scanned", value=json.dumps([text for text in kept if text][:2])))


def _scanned(db: sa.Connection) -> list[str]:
    return list(json.loads(db.execute(sa.select(choices.c.value).where(choices.c.name == "scanned")).scalar() or "[]"))


@pages.post("/app")
def pay() -> Response | tuple[str, int] | str:
    """Sign the transfer (or two) that the pressed button stands for."""
    form = request.form
    payload = form.get("qr", "")
    try:
        code = journal.read_qr(payload)
        orders = _orders(form, code)
        if form.get("how") in _NO_MONEY:
            return _forge(orders[0])
        with parts().store.write() as db:
            booked = [journal.transfer(db, parts().settings, order) for order in orders]
    except BankError as error:
        if error.field == "qr":
            return _scan_again(payload, error)
        shown = {**_offer(payload, code), "refusal": refusal_words(error), "typed": form}
        return render_template("sandbox/bank_pay.html", **shown, **_back(form)), 422
    parts().courier.ring()
    ids = [booking["id"] for booking in booked]
    return redirect(url_for("bank.receipt", id=ids, return_url=form.get("return_url") or None), 303)


def _forge(order: Order) -> Response:
    """Send a false notice: no money moves, and the log of messages shows what the shop answered."""
    with parts().store.write() as db:
        reference = journal.forge(db, parts().settings, order)
        made = db.execute(sa.select(messages.c.id).where(messages.c.title == reference)).scalar()
    parts().courier.ring()
    return redirect(url_for("gateway.delivery", ref=made) if made else url_for("gateway.deliveries"), 303)


@pages.get("/receipt")
def receipt() -> str | tuple[str, int]:
    """What was transferred, and the way back to the shop as a link."""
    try:
        with parts().store.read() as db:
            booked = [journal.get(db, ref) for ref in request.args.getlist("id")[:10]]
    except BankError:
        return render_template("sandbox/error.html", missing=True), 404
    return render_template("sandbox/bank_receipt.html", bookings=booked, **_back(request.args))


@pages.get("/statement")
def statement() -> str | tuple[str, int]:
    """All accounts, or the bookings of one, newest first."""
    account = request.args.get("account", "")
    with parts().store.read() as db:
        accounts = journal.accounts(db)
        bookings = journal.newest(db, account) if account else []
    return render_template("sandbox/bank_statement.html", accounts=accounts, account=account, bookings=bookings)


@pages.post("/reversal")
def reversal() -> Response | tuple[str, int]:
    """Take one transfer back, as a bank corrects a mistake."""
    try:
        with parts().store.write() as db:
            back = journal.reverse(db, parts().settings, request.form.get("id", ""))
    except BankError:
        return render_template("sandbox/error.html", missing=True), 404
    parts().courier.ring()
    return redirect(url_for("bank.statement", account=back["account"]), 303)


@pages.get("/outgoing")
def outgoing_transfers() -> str:
    """What account holders ordered, newest first, and what happens to the next orders."""
    return _outgoing_page(None)


@pages.post("/outgoing")
def choose_outcome() -> Response | tuple[str, int]:
    """Choose what the bank does with transfers ordered from now on."""
    try:
        with parts().store.write() as db:
            outgoing.choose(db, request.form.get("outcome", ""))
    except BankError as error:
        return _outgoing_page(error), 422
    return redirect(url_for("bank.outgoing_transfers"), 303)


@pages.post("/outgoing/<ref>")
def happen(ref: str) -> Response | tuple[str, int]:
    """Let one transfer be carried out or refused, or a paid one come back."""
    happening = {"carry_out": outgoing.carry_out, "refuse": outgoing.refuse, "give_back": outgoing.give_back}
    chosen = happening.get(request.form.get("how", ""))
    try:
        if chosen is None:
            raise BankError(400, "bad_happening", "One of carry_out, refuse, give_back.", "how")
        with parts().store.write() as db:
            chosen(db, parts().settings, ref)
    except BankError as error:
        return _outgoing_page(error), 404 if error.status == 404 else 422
    parts().courier.ring()
    return redirect(url_for("bank.outgoing_transfers"), 303)


def _outgoing_page(refusal: BankError | None) -> str:
    with parts().store.read() as db:
        return render_template(
            "sandbox/bank_outgoing.html", transfers=outgoing.newest(db), chosen=outgoing.outcome(db),
            outcomes=outgoing.OUTCOMES, refusal=refusal,
        )  # fmt: skip


def refusal_words(error: BankError) -> str:
    """What the bank app says to a person, for each code of the bank."""
    words = {
        "qr_not_supported": _("This code belongs to another payment service. The bank app pays VietQR transfers only."),
        "qr_refused": _("This code is damaged or not a VietQR code, so nothing was paid. Please copy it once more."),
        "qr_with_fee": _("This code asks for a tip or fee on top of its amount, which a bank transfer cannot add."),
        "other_bank": _("The receiver's account is at a real bank. The sandbox pays into the simulated bank only."),
        "bad_amount": _("The amount has to be a whole number from 1 to 499,999,999 dong."),
        "bad_text": _("The message or name is too long, or holds a character that banks do not take."),
    }
    return words.get(error.code, _("The bank does not take this transfer. Please check what you typed."))


def _scan_again(payload: str, error: BankError) -> tuple[str, int]:
    page = render_template(
        "sandbox/bank_scan.html",
        payload=payload,
        refusal=refusal_words(error),
        detail=explained(error.problems),
        **_back(request.values),
    )
    return page, 422


def _offer(payload: str, code: vietqr.VietQr) -> dict[str, Any]:
    """What the payment page shows: receiver, amount and memo of the code, and the ways to pay it."""
    slip = min(SLIP, (code.amount or 0) // 2)
    with parts().store.read() as db:
        others = [memo for memo in _scanned(db) if memo != code.memo]
    return {
        "payload": payload,
        "account": code.account.account if code.account else "",
        "amount": code.amount,
        "memo": code.memo or "",
        "short": code.amount - slip if code.amount and slip else None,
        "over": code.amount + SLIP if code.amount and code.amount + SLIP <= vietqr.MAX_AMOUNT else None,
        "slips": SLIPS,
        "other_code": others[0] if others and code.memo else None,
        "shifts": SHIFTS,
        "lags": LAGS,
        "typed": {},
        "refusal": None,
    }


def _orders(form: Any, code: vietqr.VietQr) -> list[Order]:
    """The orders behind the pressed button; raises BankError."""
    offer = _offer("", code)
    how = form.get("how", "other")
    half = (code.amount or 0) // 2
    amounts = {
        "exact": [code.amount], "twice": [code.amount] * 2, "short": [offer["short"]], "over": [offer["over"]],
        "parts": [half, (code.amount or 0) - half],
    }  # fmt: skip
    if how in amounts and amounts[how][0] is not None:
        orders = [Order(offer["account"], amount, offer["memo"], clock.now()) for amount in amounts[how] if amount]
    elif how == "swapped" and half:
        first = Order(offer["account"], half, offer["memo"], clock.now(), notice_after=_SWAP)
        orders = [first, replace(first, amount=amounts["parts"][1] or half, notice_after=0.0)]
    elif how in _ONE_WRONG and code.amount:
        orders = [_slip(how, offer, code.amount)]
    else:
        shift, lag = _choice(form.get("shift"), SHIFTS), _choice(form.get("lag"), LAGS)
        orders = [
            Order(
                account=offer["account"],
                amount=typed_dong(form.get("amount", "")),
                memo=form.get("memo", ""),
                transacted_at=clock.now() + timedelta(minutes=shift),
                payer_name=form.get("payer_name") or journal.DEFAULT_PAYER,
                notice_after=float(lag),
            )
        ]
    for order in orders:
        journal.check_order(order)
    return orders


def _slip(how: str, offer: dict[str, Any], amount: int) -> Order:
    """The exact amount with one thing wrong: message, time, account, or how the shop hears of it."""
    memo, moment = offer["memo"], clock.now()
    right = Order(offer["account"], amount, memo, moment, way=_WAYS.get(how, Way.RIGHT))
    if how == "misstated":
        return replace(right, amount=amount - MORE)
    if how == "late":
        return replace(right, transacted_at=moment + timedelta(days=1))
    if how == "heard_late":
        return replace(right, notice_after=float(LAGS[1]))
    if how == "wrong_account":
        account = right.account
        return replace(right, account=account[:-1] + ("1" if account[-1:] == "0" else "0"))
    return replace(right, memo=_spoiled(how, memo, offer["other_code"] or ""))


def _spoiled(how: str, memo: str, other: str) -> str:
    """A message as people and banks spoil it."""
    spoiled = {
        "no_memo": "",
        "untidy": f" {memo[:4].lower()}  {memo[4:].lower()}. ",
        "wrapped": f"MBVCB.3278907687.{memo}.CT tu 0123456789 NGUYEN VAN A",
        "cut": f"{memo} thanh toan don hang dac san"[:_CUT],
        "wrong_letter": memo[:4] + ("3" if memo[4:5] == "2" else "2") + memo[5:],
        "two_codes": f"{memo} {other}",
    }
    return spoiled.get(how, memo)


def _choice(written: str | None, offered: tuple[int, ...]) -> int:
    return next((value for value in offered if str(value) == written), 0)


def _back(given: Any) -> dict[str, str | None]:
    """The way back to the shop: only an http(s) address, and never followed by itself."""
    address = given.get("return_url", "")
    if not is_web_address(address):
        return {"return_url": None, "return_host": None}
    return {"return_url": address, "return_host": urlsplit(address).hostname}
