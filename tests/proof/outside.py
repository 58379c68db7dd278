"""Gateway and bank inside the test's own process: the real sandbox, reached by ``requests`` through its WSGI door.

Nothing of it is imitated; only the socket is left out, which makes a call three times as quick. Messages are carried by
hand to the shop's webhook doors, signed: once, again, late, or in another order.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
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
from marketplace.payments.breaker import Breaker
from marketplace.payments.gateway import Gateway
from marketplace.sandbox.app import create_sandbox
from marketplace.sandbox.parts import parts_of
from marketplace.sandbox.settings import Settings
from marketplace.sandbox.signing import bank_headers, stripe_headers
from marketplace.sandbox.store import bookings, messages, metadata, objects, transfers
from marketplace.sandbox.stripe.endpoints import register_default
from marketplace.sandbox.stripe.objects import Call

URL = "http://sandbox.test"
STRIPE_KEY = "sk_test_proof"
BANK_KEY = "bank_test_proof"
WEBHOOK_SECRET = "whsec_proof"
NOTICE_SECRET = "bnsec_proof"
_TABLES = metadata.sorted_tables
Rows = dict[sa.Table, list[dict[str, Any]]]
OURS = settings.Payee("999999", "1900000001", "SAN OCOP MO PHONG")


class WsgiAdapter(BaseAdapter):
    """Carries a request of ``requests`` to a WSGI application of the same process."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._client = Client(app)
        self.answers_to_lose = 0
        self.has_lost = False

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:
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
    #: When it was written, by the clock of gateway or bank; whole seconds.
    written_at: datetime


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
        self._wire = WsgiAdapter(self.app)
        # One try, and nobody is left in peace: what a program of steps does must not depend on how long it takes.
        line = http.Line(http.Patience(retries=0), Breaker(failures=0))
        line.session.mount(URL, self._wire)
        self.gateway = Gateway(URL, STRIPE_KEY, line=line)
        bank = BankClient(f"{URL}/bank", BANK_KEY, line=line)
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
            _empty(db)
            register_default(Call(db, self._parts.settings), self._parts.settings)

    def rows(self) -> Rows:
        """Everything that gateway and bank know, for ``become``."""
        with self._store.read() as db:
            return {table: [dict(row) for row in db.execute(table.select()).mappings()] for table in _TABLES}

    def become(self, rows: Rows) -> None:
        """Gateway and bank as they were when ``rows`` were taken."""
        self.lose_next_answers(0)
        with self._store.write() as db:
            _empty(db)
            for table in _TABLES:
                if rows[table]:
                    db.execute(table.insert(), rows[table])

    def transfer(self, account: str, amount: int, memo: str, *, at: datetime | None = None, key: str = "") -> None:
        """Somebody pays by bank transfer; the notice waits for delivery."""
        asked: dict[str, Any] = {"bin": OURS.bin, "account": account, "amount": amount, "memo": memo}
        if at is not None:
            asked["transacted_at"] = clock.local(at).isoformat()
        if key:
            asked["client_id"] = key
        self._ask_bank("transfers", asked)

    def challenges(self) -> list[str]:
        """The pages of every confirmation (3-D Secure) that a buyer's bank asks for."""
        asking = [intent for intent in self.objects("payment_intent") if intent["status"] == "requires_action"]
        return [f"/3ds/{intent['id']}?secret={intent['client_secret']}" for intent in asking]

    def answer_challenge(self, page: str, *, passed: bool) -> None:
        """The buyer confirms on one of these pages, or does not."""
        assert self._door.post(page, data={"how": "complete" if passed else "fail"}).status_code < 400

    def choose_for_transfers(self, outcome: str) -> None:
        """What the bank does with transfers that are ordered from now on: ``succeed``, ``wait`` or ``fail``."""
        self._ask_bank("outgoing", {"outcome": outcome})

    def happen_to_transfer(self, reference: str, happening: str) -> None:
        """The bank carries out or refuses a waiting transfer, or a paid one comes back (``give_back``)."""
        self._ask_bank(f"transfers/{reference}/{happening}", {})

    def ordered_transfers(self) -> dict[str, str]:
        """The state at the bank of every transfer that the shop ordered, by the shop's own key."""
        with self._store.read() as db:
            return dict(db.execute(sa.select(transfers.c.key, transfers.c.state)).all())

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
        return [
            Message(row.id, row.channel, row.body.encode(), datetime.fromtimestamp(row.created, UTC)) for row in rows
        ]

    def newest_notice(self) -> str:
        """The text of the bank's last notice that waits; news of the gateway may have been written since."""
        return [message.body.decode() for message in self.waiting() if message.channel == "bank"][-1]

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

    def _ask_bank(self, what: str, asked: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {BANK_KEY}"}
        answer = self._door.post(f"/bank/v1/{what}", json=asked, headers=headers)
        assert answer.status_code < 300, answer.text

    def close(self) -> None:
        """Let go of the file: before a fork, and at the end."""
        self._store.close()


def _empty(db: sa.Connection) -> None:
    for table in reversed(_TABLES):
        db.execute(sa.delete(table))
