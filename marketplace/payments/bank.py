"""The bank over HTTP: statements are read, transfers are ordered. The notices it sends come in by ``webhooks``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from marketplace.core import clock
from marketplace.core.fields import DongAmount
from marketplace.core.money import Dong
from marketplace.payments import http
from marketplace.payments.errors import BankRefused, BankUnavailable, BankUnknown
from marketplace.payments.movements import BankMoment, Movement, MovementIn

_PAGE = 200
_DONE: Final = (200, 201)
#: Statuses by which a bank says no to this very order; any other one says nothing about it.
_REFUSALS: Final = (400, 422)
#: The one conflict that asking again does not clear up. Any other 409 (the first try is still at work) says nothing.
KEY_REUSED: Final = "key_reused"


@dataclass(frozen=True)
class OrderedTransfer:
    """An outgoing transfer as the bank answers it: ``state`` is accepted, succeeded, failed or returned.

    ``booked_at`` and ``returned_at`` are bank time, None while that has not happened.
    """

    bank_reference: str
    state: str
    amount: Dong
    failure: str = ""
    booked_at: datetime | None = None
    return_reference: str = ""
    returned_at: datetime | None = None


class _OrderedIn(Schema):
    class Meta:
        """Members that we do not use may come and go."""

        unknown = EXCLUDE

    bank_reference = fields.String(required=True, validate=validate.Length(1, 80))
    state = fields.String(required=True, validate=validate.OneOf(("accepted", "succeeded", "failed", "returned")))
    amount = DongAmount(required=True)
    failure = fields.String(load_default="", allow_none=True)
    booked_at = BankMoment(load_default=None, allow_none=True)
    return_reference = fields.String(load_default="", allow_none=True, validate=validate.Length(0, 80))
    returned_at = BankMoment(load_default=None, allow_none=True)


class BankClient:
    """Reads statements and orders transfers; each call may be repeated: orders carry their own key."""

    def __init__(self, base_url: str, api_key: str, *, line: http.Line | None = None) -> None:
        base = f"{base_url.rstrip('/')}/v1"
        self._url, self._transfers = f"{base}/statement", f"{base}/transfers"
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._line = line or http.Line()

    def movements(self, account: str, *, begin: datetime, end: datetime) -> Iterator[Movement]:
        """Movements of an account with ``begin <= bank time < end``, in the order in which they were booked.

        Raises ``BankUnknown``.
        """
        asked: dict[str, Any] = {"account": account, "from": _iso(begin), "to": _iso(end), "limit": _PAGE}
        schema = MovementIn()
        while True:
            page = self._page(asked)
            items = page.get("items")
            if not isinstance(items, list):
                raise BankUnknown("unreadable statement")
            for item in items:
                try:
                    yield schema.load(item)
                except ValidationError as error:
                    raise BankUnknown("unreadable line") from error
            if not page.get("next"):
                return
            asked["starting_after"] = page["next"]

    def order_transfer(
        self, from_account: str, amount: Dong, *, payee: tuple[str, str, str], memo: str, key: str
    ) -> OrderedTransfer:
        """Order a transfer to ``payee`` (BIN, account, name); the same ``key`` again is the same transfer.

        Raises ``BankRefused`` when the bank says no (nothing was paid, except that ``key_reused`` is no answer about
        an earlier try), ``BankUnknown`` when it may have been ordered.
        """
        payee_bin, account, name = payee
        order = {
            "from_account": from_account,
            "bin": payee_bin,
            "account": account,
            "name": name,
            "amount": amount,
            "memo": memo,
        }
        return self._ordered("POST", self._transfers, json=order, headers={**self._headers, "Idempotency-Key": key})

    def retrieve_transfer(self, reference: str) -> OrderedTransfer:
        """What became of a transfer, by the bank's reference or our key. Raises ``BankUnknown``, ``BankRefused``."""
        return self._ordered("GET", f"{self._transfers}/{quote(reference, safe='')}", headers=self._headers)

    def _ordered(self, method: str, url: str, **options: Any) -> OrderedTransfer:
        answer = self._ask(method, url, is_final=_is_about_the_order, **options)
        if answer.status not in _DONE:
            raise BankRefused(_code_of(answer.body) or f"HTTP {answer.status}")
        return _read_ordered(answer.body)

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._ask("GET", self._url, is_final=_is_page, headers=self._headers, params=asked).body

    def _ask(self, method: str, url: str, **options: Any) -> http.Answer:
        try:
            return self._line.ask(method, url, **options)
        except http.LeftInPeace as error:
            raise BankUnavailable(str(error)) from error
        except http.NoAnswer as error:
            raise BankUnknown(str(error)) from error


def _is_page(answer: http.Answer) -> bool:
    return answer.status == 200


def _is_about_the_order(answer: http.Answer) -> bool:
    if answer.status == 409:
        return _code_of(answer.body) == KEY_REUSED
    return answer.status in (*_DONE, *_REFUSALS)


def _read_ordered(body: dict[str, Any]) -> OrderedTransfer:
    try:
        found = {name: value for name, value in _OrderedIn().load(body).items() if value is not None}
    except ValidationError as error:
        raise BankUnknown("unreadable transfer") from error
    return OrderedTransfer(**found)


def _code_of(body: dict[str, Any]) -> str:
    error = body.get("error")
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _iso(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="seconds")
