"""Bank debits (``us_bank_account``): payments that are ``processing`` first and known only later.

The bank answers by itself after a moment, or when somebody says so on the page or by the control address.
Accounts are taken as verified: there are no micro-deposits.
"""

from dataclasses import dataclass

from . import charges, methods
from .cards import BANK_DEBIT, Act, TestCard
from .endings import SLOWLY, fail, keep_or_spend
from .errors import StripeError, wrong_state
from .events import record
from .objects import Body, Call, find, get, plan, save, shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a debit ends: ``code`` is None when it is paid."""

    code: str | None = None
    message: str = ""


_PAID = Outcome()
_REFUSED = Outcome("debit_not_authorized", "The bank refused the debit.")


def check(intent: Body, method: Body) -> None:
    """Raise unless a method of this kind may pay the intent."""
    if method["type"] not in intent["payment_method_types"]:
        raise StripeError(
            400,
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(intent['payment_method_types'])}.",
            param="payment_method",
        )
    if method["type"] == BANK_DEBIT and intent["capture_method"] == "manual":
        raise StripeError(
            400, f"The payment method type {BANK_DEBIT} cannot be captured manually.", param="capture_method"
        )


def begin(call: Call, intent: Body, method: Body, account: TestCard) -> None:
    """Hand the debit to the bank: the intent is ``processing``, its charge ``pending``."""
    charge = charges.make(call, intent, method, account, authenticated=False)
    intent |= {
        "status": "processing", "latest_charge": charge["id"], "next_action": None, "last_payment_error": None,
    }  # fmt: skip
    keep_or_spend(call, intent, method)
    save(call.db, intent)
    record(call, "payment_intent.processing", intent)
    if account.act is not Act.NEVER:
        plan(call.db, "debit", intent["id"], after=SLOWLY)


def answer_late(call: Call, ref: str) -> None:
    """The bank's answer by itself: what the test account stands for."""
    intent = find(call.db, "payment_intent", ref)
    if intent is None or intent["status"] != "processing":
        return
    account = methods.card_of(get(call, "payment_method", intent["payment_method"]))
    _finish(call, intent, Outcome(account.code, account.message))
    if account.act is Act.DISPUTE and intent["status"] == "succeeded":
        plan(call.db, "dispute", intent["latest_charge"], after=SLOWLY)


def decide(call: Call, ref: str, *, paid: bool) -> Body:
    """The bank's answer as a person wants it; raises StripeError unless the intent is processing."""
    intent = get(call, "payment_intent", ref, param="intent")
    if intent["status"] != "processing":
        raise wrong_state(
            f"Only a processing PaymentIntent waits for its bank; this one is {intent['status']}.", intent
        )
    _finish(call, intent, _PAID if paid else _REFUSED)
    return shown(intent)


def _finish(call: Call, intent: Body, outcome: Outcome) -> None:
    charge = get(call, "charge", intent["latest_charge"])
    method = get(call, "payment_method", intent["payment_method"])
    if outcome.code is not None:
        stop(call, charge, outcome)
        fail(
            call, intent, method,
            {
                "type": "invalid_request_error", "code": outcome.code, "charge": charge["id"],
                "doc_url": f"https://stripe.com/docs/error-codes/{outcome.code.replace('_', '-')}",
                "message": outcome.message,
            },
        )  # fmt: skip
        return
    before = dict(charge)
    charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
    charges.book(call, charge)
    record(call, "charge.succeeded", charge, before=before)
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    save(call.db, intent)
    record(call, "payment_intent.succeeded", intent)


def stop(call: Call, charge: Body, outcome: Outcome | None = None) -> None:
    """The debit comes to nothing: refused by the bank, or the intent was cancelled."""
    outcome = outcome or Outcome("charge_canceled", "The payment was canceled before the bank answered.")
    charge |= {
        "status": "failed", "failure_code": outcome.code, "failure_message": outcome.message,
        "outcome": charges.outcome_of(refused_as=outcome.code),
    }  # fmt: skip
    save(call.db, charge)
    record(call, "charge.failed", charge)
