"""The sandbox over real HTTP, for the tests of every room.

    sandbox = start_sandbox(tmp_path, webhook_url=..., bank_notice_url=...)
    requests.post(sandbox.base_url + "/v1/payment_intents", ...)
    sandbox.deliver_now()      # carry every waiting event and notice once, in this thread
    sandbox.stop()

Nothing is delivered behind the test's back unless ``background=True``. ``Inbox`` is a small receiver to point it at.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import requests
from flask import Response as FlaskResponse
from flask import request as asked
from sqlalchemy import event
from werkzeug.wrappers import Request, Response

from marketplace.core import vietqr
from marketplace.sandbox.app import create_sandbox
from marketplace.sandbox.delivery import Attempt, Courier
from marketplace.sandbox.parts import parts_of
from marketplace.sandbox.settings import BANK_BIN
from marketplace.sandbox.store import Store
from tests.sandbox.judge import Exchange
from tests.serving import Served, serve_application

STRIPE_KEY = "sk_test_sandbox_0123456789"
WEBHOOK_SECRET = "whsec_test_secret"
BANK_KEY = "bank_test_key"
NOTICE_SECRET = "bank_notice_secret"


class _Later:
    """Stands at the port until the application that has to know the port is made."""

    application: Callable[..., Any]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.application(environ, start_response)


@dataclass
class Sandbox:
    """A running sandbox. ``stripe`` and ``bank`` call its two APIs with the right keys."""

    served: Served
    courier: Courier
    base_url: str
    exchanges: list[Exchange] = field(default_factory=list)
    """Each call of ``/v1`` and its answer, in the order of the answers."""

    def stop(self) -> None:
        """Stop serving and delivering."""
        self.served.stop()
        self.courier.stop()

    def deliver_now(self) -> list[Attempt]:
        """Carry every waiting event and notice once, due or not; returns each try with its status."""
        return self.courier.deliver_now()

    def pass_time(self, seconds: float) -> None:
        """Let everything planned within ``seconds`` happen now: late refunds, expiring authorisations."""
        self.courier.run_timers(ahead=seconds)

    def stripe(
        self, method: str, path: str, data: dict[str, Any] | None = None, *, key: str | None = None, **rest: Any
    ) -> requests.Response:
        """One call of ``/v1``; ``key`` is its Idempotency-Key."""
        headers = {"Authorization": f"Bearer {STRIPE_KEY}", **rest.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        sent = {"params": data} if method == "GET" else {"data": data}
        return requests.request(method, f"{self.base_url}/v1{path}", headers=headers, timeout=30, **sent, **rest)

    def bank(self, method: str, path: str, json: Any = None, **params: Any) -> requests.Response:
        """One call of ``/bank/v1``."""
        headers = {"Authorization": f"Bearer {BANK_KEY}"}
        url = f"{self.base_url}/bank/v1{path}"
        return requests.request(method, url, headers=headers, json=json, params=params, timeout=30)

    def pay(self, qr: str, **changes: Any) -> dict[str, Any]:
        """Pay a VietQR payload as it is, or with ``amount``, ``memo``, ``transacted_at`` changed; the booking."""
        answer = self.bank("POST", "/transfers", {"qr": qr, **changes})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def start_sandbox(
    tmp_path: Path,
    *,
    webhook_url: str = "",
    bank_notice_url: str = "",
    background: bool = False,
    **settings: str,
) -> Sandbox:
    """A sandbox with its own file in ``tmp_path`` on a free port. ``settings`` as in ``read_settings``."""
    file = tmp_path / "sandbox.db"
    if not file.exists():
        file.write_bytes(_empty_file())
    later = _Later()
    served = serve_application(later)
    app = create_sandbox(
        {
            "SANDBOX_DATABASE": str(file),
            "SANDBOX_PUBLIC_URL": served.base_url,
            "STRIPE_API_KEY": STRIPE_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "SANDBOX_WEBHOOK_URL": webhook_url,
            "BANK_API_KEY": BANK_KEY,
            "BANK_NOTICE_SECRET": NOTICE_SECRET,
            "SANDBOX_BANK_NOTICE_URL": bank_notice_url,
            "SANDBOX_RETRY_SCALE": "0.05",
            "SANDBOX_DELIVER": "1" if background else "0",
            **settings,
        }
    )
    _need_not_wait_for_the_disk(parts_of(app).store)
    running = Sandbox(served, parts_of(app).courier, served.base_url)
    app.after_request(_write_down(running.exchanges))
    later.application = app
    return running


@cache
def _empty_file() -> bytes:
    """A sandbox's database with its tables, made once."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sandbox.db"
        Store(file).close()
        return file.read_bytes()


def _need_not_wait_for_the_disk(store: Store) -> None:
    """No power cut is tried on a sandbox in the tests' own process."""
    event.listen(store._engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    store.close()


def _write_down(exchanges: list[Exchange]) -> Callable[[FlaskResponse], FlaskResponse]:
    def write_down(answer: FlaskResponse) -> FlaskResponse:
        if asked.path.startswith("/v1/"):
            sent = urlencode(list(asked.form.items(multi=True)))
            exchanges.append(Exchange(asked.method, asked.url, sent, answer.status_code, answer.get_data()))
        return answer

    return write_down


def qr_for(account: str = "1017595600", *, amount: int | None = 45_000, memo: str | None = "OC8F3K2PQ") -> str:
    """A VietQR payload into an account of the simulated bank."""
    return vietqr.build(BANK_BIN, account, amount=amount, memo=memo)


@dataclass
class Received:
    """One message as it came: its headers and raw body."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Inbox:
    """Receives webhooks; answers the statuses of ``answers`` in turn, then 200."""

    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    served: Served | None = None

    def start(self) -> "Inbox":
        """Begin to listen on a free port."""
        self.served = serve_application(self._take)
        return self

    @property
    def url(self) -> str:
        assert self.served is not None
        return f"{self.served.base_url}/hook"

    def stop(self) -> None:
        """Stop listening."""
        if self.served:
            self.served.stop()

    def _take(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        self.received.append(Received(dict(request.headers), request.get_data()))
        status = self.answers.pop(0) if self.answers else 200
        return Response("ok", status)(environ, start_response)
