"""The bank's statement of an account, read over HTTP. The notices it sends come in by ``webhooks``."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from marketplace.core import clock
from marketplace.payments import http
from marketplace.payments.errors import BankUnknown
from marketplace.payments.movements import Movement, MovementIn

_PAGE = 200


class BankClient:
    """Reads statements; asking is harmless, so a failed call is simply repeated. Raises ``BankUnknown`` only."""

    def __init__(self, base_url: str, api_key: str, *, patience: http.Patience | None = None) -> None:
        self._url = f"{base_url.rstrip('/')}/v1/statement"
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._patience = patience or http.Patience()
        self._session = http.quiet_session()

    def movements(self, account: str, *, begin: datetime, end: datetime) -> Iterator[Movement]:
        """Movements of an account with ``begin <= bank time < end``, in the order in which they were booked."""
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

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        why = ""
        for _attempt in range(self._patience.retries + 1):
            try:
                answer = http.call(
                    self._session, "GET", self._url, patience=self._patience, headers=self._headers, params=asked
                )
            except http.NoAnswer as error:
                why = str(error)
                continue
            if answer.status == 200:
                return answer.body
            why = f"HTTP {answer.status}"
        raise BankUnknown(why)


def _iso(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="seconds")
