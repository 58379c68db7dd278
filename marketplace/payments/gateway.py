"""The card gateway, spoken to in Stripe's protocol (``/v1``, form in, JSON out) over ``requests``.

Only documented parameters are sent, so a strict checker of the protocol takes every call. Amounts are whole dong: VND
has no minor unit. A POST always carries an Idempotency-Key and is only ever repeated with the same one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from marketplace.core.money import Dong
from marketplace.payments import http, limits
from marketplace.payments.errors import Declined, GatewayRefused, GatewayUnavailable, GatewayUnknown
from marketplace.payments.models import Rail

T = TypeVar("T")

#: The version of the protocol that the answers are read in (``latest_charge`` instead of ``charges``).
API_VERSION: Final = "2022-11-15"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as far as we read it. ``reference`` is our payment's public id out of its metadata."""

    id: str
    status: str
    amount: Dong
    received: Dong
    currency: str
    reference: str | None
    error_code: str | None
    redirect_url: str | None
    created_at: datetime
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayRefund:
    """A Refund as far as we read it. ``reference`` is our refund's public id out of its metadata."""

    id: str
    status: str
    amount: Dong
    currency: str
    intent_id: str | None
    reference: str | None
    failure: str | None
    created_at: datetime
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GatewayObject:
    """A charge or payout as far as a comparison needs it; ``intent_id`` is a charge's PaymentIntent."""

    id: str
    status: str
    amount: Dong
    currency: str
    created_at: datetime
    intent_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class Gateway:
    """A client for one account of one gateway. Raises ``Declined``, ``GatewayRefused`` and ``GatewayUnknown`` only."""

    def __init__(self, base_url: str, api_key: str, *, line: http.Line | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}", "Stripe-Version": API_VERSION}
        self._line = line or http.Line()

    def pay(
        self, amount: Dong, *, payment_method: str, reference: str, idempotency_key: str, return_url: str = ""
    ) -> Intent:
        """Create a PaymentIntent and confirm it in one call; the same key gives the same intent again.

        ``return_url`` is where the buyer comes back to after a confirmation by the bank (3-D Secure). Raises
        ``Invalid`` above 99,999,999 dong, before anything is sent, and ``Declined`` when the card was refused.
        """
        limits.check(Rail.CARD, amount)
        fields = {
            "amount": str(amount),
            "currency": "vnd",
            "payment_method": payment_method,
            "payment_method_types[]": "card",
            "confirm": "true",
            "metadata[payment]": reference,
            **({"return_url": return_url} if return_url else {}),
        }
        return read_intent(self._post("/v1/payment_intents", fields, idempotency_key))

    def retrieve_intent(self, intent_id: str) -> Intent:
        """The intent as it is now."""
        return read_intent(self._get(f"/v1/payment_intents/{_segment(intent_id)}"))

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> Intent:
        """Cancel an intent that was not paid; ``GatewayRefused`` when it was (400)."""
        return read_intent(self._post(f"/v1/payment_intents/{_segment(intent_id)}/cancel", {}, idempotency_key))

    def intents_since(self, moment: datetime) -> Iterator[Intent]:
        """Every intent created at or after ``moment``, newest first."""
        for item in self._all("/v1/payment_intents", {"created[gte]": str(int(moment.timestamp()))}):
            yield read_intent(item)

    def intents_between(self, begin: datetime, end: datetime) -> Iterator[Intent]:
        """Every intent with ``begin <= created < end``, newest first."""
        for item in self._all("/v1/payment_intents", _created(begin, end)):
            yield read_intent(item)

    def refunds_between(self, begin: datetime, end: datetime) -> Iterator[GatewayRefund]:
        """Every refund with ``begin <= created < end``, newest first."""
        for item in self._all("/v1/refunds", _created(begin, end)):
            yield read_refund(item)

    def charges_between(self, begin: datetime, end: datetime) -> Iterator[GatewayObject]:
        """Every charge with ``begin <= created < end``, newest first."""
        for item in self._all("/v1/charges", _created(begin, end)):
            yield read_object(item, "charge")

    def payouts_between(self, begin: datetime, end: datetime) -> Iterator[GatewayObject]:
        """Every payout to our bank account with ``begin <= created < end``, newest first."""
        for item in self._all("/v1/payouts", _created(begin, end)):
            yield read_object(item, "payout")

    def refund(self, intent_id: str, amount: Dong, *, reference: str, idempotency_key: str) -> GatewayRefund:
        """Give ``amount`` dong of an intent back; the same key gives the same refund again."""
        fields = {"payment_intent": intent_id, "amount": str(amount), "metadata[refund]": reference}
        return read_refund(self._post("/v1/refunds", fields, idempotency_key))

    def refunds_of(self, intent_id: str) -> Iterator[GatewayRefund]:
        """Every refund of an intent, newest first."""
        for item in self._all("/v1/refunds", {"payment_intent": intent_id}):
            yield read_refund(item)

    def _all(self, path: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        after: str | None = None
        while True:
            asked = {**query, "limit": "100", **({"starting_after": after} if after else {})}
            page = self._get(f"{path}?{urlencode(asked)}")
            items = page.get("data")
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise GatewayUnknown("unreadable list")
            yield from items
            if not items or page.get("has_more") is not True:
                return
            after = _text(items[-1], "id")

    def _get(self, path: str) -> dict[str, Any]:
        return self._call("GET", path, headers=self._headers)

    def _post(self, path: str, fields: dict[str, str], idempotency_key: str) -> dict[str, Any]:
        # The type of the body is always said: a checker of the protocol refuses an empty POST without it.
        headers = {**self._headers, "Content-Type": _FORM, "Idempotency-Key": idempotency_key}
        return self._call("POST", path, headers=headers, data=urlencode(fields))

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._line.ask(method, self._base_url + path, is_final=_is_final, **options)
        except http.LeftInPeace as error:
            raise GatewayUnavailable(str(error)) from error
        except http.NoAnswer as error:
            raise GatewayUnknown(str(error)) from error
        if answer.status < 300:
            return answer.body
        raise _refusal(answer)


def _is_final(answer: http.Answer) -> bool:
    return answer.status < 300 or not _may_retry(answer)


def _may_retry(answer: http.Answer) -> bool:
    """The gateway's own advice first; else conflicts and faults of its own may pass (as Stripe's libraries do)."""
    if answer.should_retry is not None:
        return answer.should_retry
    return answer.status == 409 or answer.status >= 500


def _refusal(answer: http.Answer) -> Declined | GatewayRefused | GatewayUnknown:
    error = answer.body.get("error")
    if not isinstance(error, dict) or answer.status in (409, 429) or not 400 <= answer.status < 500:
        return GatewayUnknown(f"HTTP {answer.status}")
    code = str(error.get("code") or error.get("type") or "unknown")[:80]
    if answer.status == 402:
        intent = error.get("payment_intent")
        intent_id = intent.get("id") if isinstance(intent, dict) else None
        decline = error.get("decline_code")
        return Declined(code, str(decline)[:80] if decline else None, intent_id=intent_id)
    param = error.get("param")
    return GatewayRefused(answer.status, code, param=str(param) if param else None)


def read_intent(found: dict[str, Any]) -> Intent:
    """A PaymentIntent out of JSON; raises ``GatewayUnknown`` for anything else."""
    _expect(found, "payment_intent")
    status, amount = _text(found, "status"), _whole(found, "amount")
    problem = found.get("last_payment_error")
    action = found.get("next_action")
    redirect = action.get("redirect_to_url") if isinstance(action, dict) else None
    return Intent(
        id=_text(found, "id"),
        status=status,
        amount=amount,
        received=_whole(found, "amount_received") if "amount_received" in found else _all_or_nothing(status, amount),
        currency=_text(found, "currency").lower(),
        reference=_metadata(found, "payment"),
        error_code=_reason(problem) if isinstance(problem, dict) else None,
        redirect_url=redirect.get("url") if isinstance(redirect, dict) else None,
        created_at=_created_at(found),
        metadata=_all_metadata(found),
    )


def read_refund(found: dict[str, Any]) -> GatewayRefund:
    """A Refund out of JSON; raises ``GatewayUnknown`` for anything else."""
    _expect(found, "refund")
    intent, failure = found.get("payment_intent"), found.get("failure_reason")
    return GatewayRefund(
        id=_text(found, "id"),
        status=_text(found, "status"),
        amount=_whole(found, "amount"),
        currency=_text(found, "currency").lower(),
        intent_id=intent if isinstance(intent, str) else None,
        reference=_metadata(found, "refund"),
        failure=str(failure)[:80] if failure else None,
        created_at=_created_at(found),
        metadata=_all_metadata(found),
    )


def read_object(found: dict[str, Any], kind: str) -> GatewayObject:
    """A charge or payout out of JSON; raises ``GatewayUnknown`` for anything else."""
    _expect(found, kind)
    intent = found.get("payment_intent")
    return GatewayObject(
        id=_text(found, "id"),
        status=_text(found, "status"),
        amount=_whole(found, "amount"),
        currency=_text(found, "currency").lower(),
        created_at=_created_at(found),
        intent_id=intent if isinstance(intent, str) else None,
        metadata=_all_metadata(found),
    )


def _created(begin: datetime, end: datetime) -> dict[str, str]:
    return {"created[gte]": str(int(begin.timestamp())), "created[lt]": str(int(end.timestamp()))}


def _created_at(found: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(_whole(found, "created"), UTC)


def _all_metadata(found: dict[str, Any]) -> dict[str, str]:
    metadata = found.get("metadata")
    return {str(name): str(value) for name, value in metadata.items()} if isinstance(metadata, dict) else {}


def _reason(problem: dict[str, Any]) -> str:
    """Why a payment failed, in the issuer's code or else the gateway's."""
    return str(problem.get("decline_code") or problem.get("code") or problem.get("type") or "unknown")[:80]


def _expect(found: dict[str, Any], kind: str) -> None:
    if found.get("object") != kind:
        raise GatewayUnknown(f"not a {kind}")


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 80 or not value.isprintable():
        raise GatewayUnknown(f"{name} is unreadable")
    return value


def _whole(found: dict[str, Any], name: str) -> Dong:
    value = found.get(name)
    if type(value) is not int or not 0 <= value < 2**40:
        raise GatewayUnknown(f"{name} is unreadable")
    return Dong(value)


def _metadata(found: dict[str, Any], name: str) -> str | None:
    metadata = found.get("metadata")
    value = metadata.get(name) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) and value.isprintable() else None


def _all_or_nothing(status: str, amount: Dong) -> Dong:
    return amount if status == "succeeded" else Dong(0)


def _segment(ref: str) -> str:
    """An id as one segment of an address; ids of the protocol are plain words."""
    if not ref.replace("_", "").isalnum() or not ref.isascii():
        raise GatewayUnknown("an id that is none")
    return ref
