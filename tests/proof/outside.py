"""Gateway and bank inside the test's own process: the real sandbox, reached by ``requests`` through its WSGI door.

Nothing of it is imitated; only the socket is left out, which makes a call three times as quick. Messages are carried by
hand to the shop's webhook doors, signed: once, again, late, or in another order.
"""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa
from flask import Flask
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from werkzeug.test import Client

from marketplace.core import clock
from marketplace.payments import http, settings
from marketplace.payments.bank import BankClient
from marketplace.payments.gateway import Gateway
from marketplace.sandbox.app import create_sandbox
from marketplace.sandbox.parts import parts_of
from marketplace.sandbox.settings import Settings
from marketplace.sandbox.signing import bank_headers, stripe_headers
from marketplace.sandbox.store import bookings, messages, metadata, objects
from marketplace.sandbox.stripe.endpoints import register_default
from marketplace.sandbox.stripe.objects import Call

URL = "http://sandbox.test"
STRIPE_KEY = "sk_test_proof"
BANK_KEY = "bank_test_proof"
WEBHOOK_SECRET = "whsec_proof"
NOTICE_SECRET = "bnsec_proof"
OURS = settings.Payee("999999", "1900000001", "SAN OCOP MO PHONG")


class WsgiAdapter(BaseAdapter):
    """Carries a request of ``requests`` to a WSGI application of the same process."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._client = Client(app)
        self.answers_to_lose = 0
        self.has_lost = False

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        """Ask the application."""
        answer = self._client.open(
            request.path_url,
            method=str(request.method),
            headers=[(name, value) for name, value in request.headers.items() if name != "Content-Length"],
            data=request.body,
        )
        if self.answers_to_lose and request.method == "POST":
            self.answers_to_lose -= 1
            self.has_lost = True
            raise requests.ConnectionError("the answer was lost")
        response = requests.Response()
        response.status_code = answer.status_code
        response.headers.update(dict(answer.headers))
        response.url = str(request.url)
        response.request = request
        response.raw = HTTPResponse(BytesIO(answer.get_data()), status=answer.status_code, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Message:
    """An event or a notice that waits for delivery."""

    id: int
    channel: str
    body: bytes


class Outside:
    """The sandbox over the file ``database``, and the payments room led to it."""

    def __init__(self, database: Path) -> None:
        self.app = create_sandbox(
            Settings(
                database=database,
                public_url=URL,
                stripe_key=STRIPE_KEY,
                webhook_secret=WEBHOOK_SECRET,
                webhook_url="http://shop.test/webhooks/stripe",
                bank_key=BANK_KEY,
                notice_secret=NOTICE_SECRET,
                notice_url="http://shop.test/webhooks/bank",
                deliver=False,
            )
        )
        self._parts = parts_of(self.app)
        self._store = self._parts.store
        self._courier = self._parts.courier
        self._door = Client(self.app)
        once = http.Patience(retries=0)
        self.gateway = Gateway(URL, STRIPE_KEY, patience=once)
        bank = BankClient(f"{URL}/bank", BANK_KEY, patience=once)
        self._wire = WsgiAdapter(self.app)
        for client in (self.gateway, bank):
            client._session.mount(URL, self._wire)
        settings.configure(
            settings.PaymentSettings(
                collecting=OURS,
                gateway=self.gateway,
                bank=bank,
                webhook_secrets=(WEBHOOK_SECRET,),
                notice_secrets=(NOTICE_SECRET,),
            )
        )

    def forget(self) -> None:
        """Empty gateway and bank: as new, but for the seconds that making the application takes."""
        self.lose_next_answers(0)
        with self._store.write() as db:
            for table in reversed(metadata.sorted_tables):
                db.execute(sa.delete(table))
            register_default(Call(db, self._parts.settings), self._parts.settings)

    def transfer(self, account: str, amount: int, memo: str, *, at: datetime | None = None, key: str = "") -> None:
        """Somebody pays by bank transfer; the notice waits for delivery."""
        asked: dict[str, Any] = {"bin": OURS.bin, "account": account, "amount": amount, "memo": memo}
        if at is not None:
            asked["transacted_at"] = clock.local(at).isoformat()
        if key:
            asked["client_id"] = key
        headers = {"Authorization": f"Bearer {BANK_KEY}"}
        answer = self._door.post("/bank/v1/transfers", json=asked, headers=headers)
        assert answer.status_code == 201, answer.text

    def lose_next_answers(self, count: int) -> None:
        """So many next calls are done out there, but their answers never arrive."""
        self._wire.answers_to_lose, self._wire.has_lost = count, False

    def has_lost(self) -> bool:
        """Whether an answer was lost since ``lose_next_answers`` was called."""
        return self._wire.has_lost

    def balance(self) -> int:
        """What the bank holds on our account."""
        with self._store.read() as db:
            rows = db.execute(
                sa.select(bookings.c.direction, bookings.c.amount).where(bookings.c.account == OURS.account)
            )
            return sum(amount if direction == "in" else -amount for direction, amount in rows)

    def waiting(self) -> list[Message]:
        """What waits for delivery, oldest first; timers that are due go off before."""
        self._courier.run_timers()
        with self._store.read() as db:
            rows = db.execute(sa.select(messages).where(messages.c.state == "waiting").order_by(messages.c.id)).all()
        return [Message(row.id, row.channel, row.body.encode()) for row in rows]

    def carry(self, shop: Flask, message: Message) -> int:
        """Bring one message to the shop, signed now; the shop's status. It waits no longer when that was 2xx."""
        moment = int(clock.now().timestamp())
        if message.channel == "stripe":
            path, headers = "/webhooks/stripe", stripe_headers([WEBHOOK_SECRET], moment, message.body)
        else:
            path, headers = "/webhooks/bank", bank_headers(NOTICE_SECRET, moment, message.body)
        headers["Content-Type"] = "application/json"
        status = shop.test_client().post(path, data=message.body, headers=headers).status_code
        if 200 <= status < 300:
            self.lose(message)
        return status

    def lose(self, message: Message) -> None:
        """Let one message wait no longer: it arrived, or it never will."""
        with self._store.write() as db:
            db.execute(sa.update(messages).where(messages.c.id == message.id).values(state="delivered"))

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """What the gateway holds of a kind, such as ``payment_intent`` or ``refund``."""
        with self._store.read() as db:
            return [dict(body) for body in db.scalars(sa.select(objects.c.body).where(objects.c.kind == kind))]

    def close(self) -> None:
        """Let go of the file: before a fork, and at the end."""
        self._store.close()
