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
from marketplace.payments import settings
from marketplace.payments.bank import BankClient
from marketplace.payments.gateway import Gateway
from marketplace.sandbox.app import create_sandbox
from marketplace.sandbox.parts import parts_of
from marketplace.sandbox.settings import Settings
from marketplace.sandbox.signing import bank_headers, stripe_headers
from marketplace.sandbox.store import messages, objects

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

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        """Ask the application."""
        answer = self._client.open(
            request.path_url,
            method=str(request.method),
            headers=[(name, value) for name, value in request.headers.items() if name != "Content-Length"],
            data=request.body,
        )
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
        self._store = parts_of(self.app).store
        self._courier = parts_of(self.app).courier
        self._door = Client(self.app)
        self.gateway, bank = Gateway(URL, STRIPE_KEY), BankClient(f"{URL}/bank", BANK_KEY)
        for client in (self.gateway, bank):
            client._session.mount(URL, WsgiAdapter(self.app))
        settings.configure(
            settings.PaymentSettings(
                collecting=OURS,
                gateway=self.gateway,
                bank=bank,
                webhook_secrets=(WEBHOOK_SECRET,),
                notice_secrets=(NOTICE_SECRET,),
            )
        )

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

    def confirm(self, intent_id: str) -> int:
        """The buyer confirms an intent at the bank (3-D Secure), or tries a card again; the gateway's status."""
        headers = {"Authorization": f"Bearer {STRIPE_KEY}", "Content-Type": "application/x-www-form-urlencoded"}
        data = "payment_method=pm_card_visa"
        return self._door.post(f"/v1/payment_intents/{intent_id}/confirm", data=data, headers=headers).status_code

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
            with self._store.write() as db:
                db.execute(sa.update(messages).where(messages.c.id == message.id).values(state="delivered"))
        return status

    def objects(self, kind: str) -> list[dict[str, Any]]:
        """What the gateway holds of a kind, such as ``payment_intent`` or ``refund``."""
        with self._store.read() as db:
            return [dict(body) for body in db.scalars(sa.select(objects.c.body).where(objects.c.kind == kind))]

    def close(self) -> None:
        """Let go of the file: before a fork, and at the end."""
        self._store.close()
