"""The courier: carries events and bank notices to other systems, at least once, with growing pauses.

Any 2xx answer is "received", everything else (3xx too) is tried again. Order is not promised.
A message is leased while it is carried, so that a killed process only delays it.
"""

import logging
import threading
import time
from dataclasses import dataclass, replace

import requests
import sqlalchemy as sa

from marketplace.core import clock

from .bank.notices import FALSE_ONES, trouble_of
from .faults import Fault, Faults
from .settings import Settings
from .signing import bank_headers, stripe_headers
from .store import Store, attempts, messages
from .stripe import later
from .stripe.endpoints import signing_secrets
from .stripe.objects import find

_log = logging.getLogger(__name__)

#: Pauses before each try in seconds (times the setting), then hourly for three days.
PAUSES = (0, 1, 2, 4, 7, 12, 20, 33, 60, 120, 300, 600, 1800) + (3600,) * 71
_TIMEOUT = (3.0, 15.0)
_LEASE = 60.0
_CARRIERS = 3
_CHANNEL_FAULTS = {"stripe": "stripe_webhooks", "bank": "bank_notices"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try: ``status`` is None when no answer came; ``note`` is the answer's first words."""

    message: int
    title: str
    status: int | None
    note: str
    milliseconds: int = 0

    @property
    def is_received(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Courier:
    """Delivers messages and runs due timers, in threads of its own or when told to."""

    def __init__(self, store: Store, settings: Settings, faults: Faults) -> None:
        self._store = store
        self._settings = settings
        self._faults = faults
        self._bell = threading.Condition()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to deliver in the background."""
        for number in range(_CARRIERS):
            thread = threading.Thread(target=self._work, name=f"courier-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finish what is being carried, then rest."""
        self._stopped.set()
        self.ring()
        for thread in self._threads:
            thread.join(timeout=20)

    def ring(self) -> None:
        """There may be something new to carry."""
        with self._bell:
            self._bell.notify_all()

    def deliver_now(self) -> list[Attempt]:
        """Carry every waiting message once, due or not, in this thread; returns what came of each."""
        self.run_timers()
        with requests.Session() as session:
            session.trust_env = False
            return [
                attempt for message in self._claim(most=1000, early=True) for attempt in self._carry(session, message)
            ]

    def run_timers(self, *, ahead: float = 0.0) -> int:
        """Let happen what is due within ``ahead`` seconds; returns how many things happened."""
        return later.run_due(self._store, self._settings, ahead=ahead)

    def replay(self, message_id: int) -> bool:
        """Queue a message once more, whatever became of it. False when there is no such message."""
        with self._store.write() as db:
            changed = db.execute(
                sa.update(messages)
                .where(messages.c.id == message_id)
                .values(state="waiting", due_at=0.0, leased_until=0.0)
            ).rowcount
        self.ring()
        return bool(changed)

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._stopped.is_set():
                try:
                    busy = self._turn(session)
                except Exception:  # whatever a round came to grief over, the thread goes on to the next one
                    _log.exception("a delivery round failed")
                    busy = False
                if not busy:
                    with self._bell:
                        self._bell.wait(timeout=0.5)

    def _turn(self, session: requests.Session) -> bool:
        if later.is_due(self._store):
            self.run_timers()
        if not self._has_due():
            return False
        if any(fault.kind == "shuffle" for fault in self._faults.waiting()):
            time.sleep(0.5)  # let some gather, or there is no order to change
        carried = self._claim(most=5, early=False)
        for message in carried:
            self._carry(session, message)
        return bool(carried)

    def _has_due(self) -> bool:
        with self._store.read() as db:
            return db.execute(sa.select(messages.c.id).where(*self._due()).limit(1)).first() is not None

    @staticmethod
    def _due() -> tuple[sa.ColumnElement[bool], ...]:
        moment = clock.now().timestamp()
        return (messages.c.state == "waiting", messages.c.due_at <= moment, messages.c.leased_until <= moment)

    def _claim(self, *, most: int, early: bool) -> list[sa.Row[tuple[object, ...]]]:
        idle = messages.c.leased_until <= clock.now().timestamp()
        where = (messages.c.state == "waiting", idle) if early else self._due()
        with self._store.write() as db:
            query = sa.select(messages).where(*where).order_by(messages.c.due_at, messages.c.id).limit(most)
            rows = list(db.execute(query).all())
            ids = [row.id for row in rows]
            lease = clock.now().timestamp() + _LEASE * max(1, len(ids))
            db.execute(sa.update(messages).where(messages.c.id.in_(ids)).values(leased_until=lease))
        shuffled = [r for r in rows if self._faults.take(_CHANNEL_FAULTS[r.channel], only="shuffle")]
        return [*[row for row in rows if row not in shuffled], *self._faults.shuffled(shuffled)]

    def _carry(self, session: requests.Session, message: sa.Row[tuple[object, ...]]) -> list[Attempt]:
        trouble = self._trouble(message)
        fault = trouble or self._faults.take(_CHANNEL_FAULTS[message.channel])
        if fault and fault.kind == "drop":
            return [self._settle(message, "dropped", Attempt(message.id, message.title, None, "fault: drop"))]
        if fault and fault.kind == "unreached":
            note = Attempt(message.id, message.title, None, "fault: the receiver could not be reached")
            return [self._settle(message, "waiting", note)]
        if fault and fault.kind == "delay":
            note = Attempt(message.id, message.title, None, f"fault: delayed by {fault.seconds:g} s")
            return [self._settle(message, "waiting", note, pause=fault.seconds)]
        headers = self._headers(message, fault)
        if headers is None:
            return [self._settle(message, "failed", Attempt(message.id, message.title, None, "endpoint is gone"))]
        copies = fault.copies if fault and fault.kind == "duplicate" else 1
        made = [self._post(session, message, headers) for _ in range(copies)]
        if fault and fault.kind == "unanswered":
            made = [replace(attempt, status=None, note="fault: the answer was lost") for attempt in made]
        is_false = trouble is not None and trouble.kind in FALSE_ONES.values()
        for attempt in made:
            state = self._state_after(message, attempt)
            self._settle(message, "failed" if is_false and state == "waiting" else state, attempt)
        return made

    def _trouble(self, message: sa.Row[tuple[object, ...]]) -> Fault | None:
        """What is wrong with this very message: forged ones are never sent rightly, others fail at their first try."""
        with self._store.read() as db:
            kind = trouble_of(db, message.id, tries=message.tries)
        return Fault(message.channel, kind) if kind else None

    def _headers(self, message: sa.Row[tuple[object, ...]], fault: Fault | None) -> dict[str, str] | None:
        """The signed headers of this try; None when the endpoint was deleted meanwhile."""
        kind = fault.kind if fault else ""
        drift = int(fault.seconds or 600) if fault else 0
        moment = int(clock.now().timestamp())
        moment += {"old_time": -drift, "future_time": drift}.get(kind, 0)
        signed = message.body.encode() + (b"forged" if kind == "bad_signature" else b"")
        if message.channel == "bank":
            return bank_headers(self._settings.notice_secret, moment, signed)
        with self._store.read() as db:
            endpoint = find(db, "webhook_endpoint", message.endpoint)
        return stripe_headers(signing_secrets(endpoint), moment, signed) if endpoint else None

    def _post(self, session: requests.Session, message: sa.Row[tuple[object, ...]], headers: dict[str, str]) -> Attempt:
        began = time.monotonic()
        sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "OCOP-Sandbox/1.0", **headers}
        try:
            answer = session.post(
                message.url, data=message.body.encode(), headers=sent, timeout=_TIMEOUT, allow_redirects=False
            )
            status, note = answer.status_code, answer.text[:300]
        except requests.RequestException as error:
            status, note = None, f"{type(error).__name__}: {error}"[:120]
        return Attempt(message.id, message.title, status, note, int((time.monotonic() - began) * 1000))

    @staticmethod
    def _state_after(message: sa.Row[tuple[object, ...]], attempt: Attempt) -> str:
        if attempt.is_received:
            return "delivered"
        return "failed" if message.tries + 1 >= len(PAUSES) else "waiting"

    def _settle(
        self, message: sa.Row[tuple[object, ...]], state: str, attempt: Attempt, *, pause: float | None = None
    ) -> Attempt:
        """Write the try into the log and say when the next one is due."""
        now = clock.now().timestamp()
        if pause is None:
            pause = PAUSES[min(message.tries + 1, len(PAUSES) - 1)] * self._settings.retry_scale
        with self._store.write() as db:
            db.execute(
                sa.insert(attempts).values(
                    message=message.id, at=int(now), milliseconds=attempt.milliseconds, status=attempt.status,
                    note=attempt.note,
                )
            )  # fmt: skip
            db.execute(
                sa.update(messages)
                .where(messages.c.id == message.id)
                .values(state=state, tries=messages.c.tries + 1, due_at=now + pause, leased_until=0.0)
            )
        return attempt
