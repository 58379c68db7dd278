"""One call over the wire, with patience and without surprises: bounded time, no proxies, no redirects, bounded size."""

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
import urllib3

from marketplace.core import failpoints
from marketplace.payments.breaker import Breaker

log = logging.getLogger(__name__)

#: Answers are small; whatever is longer is not the one we asked for.
_LONGEST_ANSWER = 4 * 1024 * 1024


#: How much of an answer is read between two looks at the time.
_PIECE = 64 * 1024


class NoAnswer(Exception):
    """Nothing usable came back: refused connection, time-out, cut answer, text that is no JSON object."""


class LeftInPeace(NoAnswer):
    """Nothing was sent: the other side has not answered lately, and the circuit breaker lets nobody ask it now."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try again.

    ``budget`` is for the whole of a call, with all tries and the waiting between them: somebody may stand behind it.
    """

    connect: float = 1.0
    read: float = 5.0
    retries: int = 2
    first_delay: float = 0.5
    budget: float = 8.0


@dataclass(frozen=True)
class Answer:
    """Status, header values by lower-case name, and the JSON object of the body."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    should_retry: bool | None = None


def quiet_session() -> requests.Session:
    """A session that ignores proxies and netrc of the surroundings and keeps no cookies of others."""
    session = requests.Session()
    session.trust_env = False
    return session


class Line:
    """The line to one other side: calls with all their tries under one deadline, and none while it is left in peace."""

    def __init__(self, patience: Patience | None = None, breaker: Breaker | None = None) -> None:
        self._patience = patience or Patience()
        self._breaker = breaker or Breaker()
        self.session = quiet_session()

    def ask(self, method: str, url: str, *, is_final: Callable[[Answer], bool], **options: Any) -> Answer:
        """The first answer that ``is_final``; any other one, and none, is a reason to send the same once more.

        Raises ``NoAnswer`` when tries or time are used up: what was sent may have been done, or not. Raises
        ``LeftInPeace`` when nothing was sent at all.
        """
        deadline = time.monotonic() + self._patience.budget
        why = ""
        for attempt in range(self._patience.retries + 1):
            if attempt and not self._wait(attempt, deadline):
                break
            if not self._breaker.admits():
                raise NoAnswer(why) if why else LeftInPeace("left in peace")
            try:
                answer = self._try(method, url, deadline, **options)
            except NoAnswer as error:
                why = str(error)
                continue
            if is_final(answer):
                return answer
            why = f"HTTP {answer.status}"
        raise NoAnswer(why)

    def _wait(self, attempt: int, deadline: float) -> bool:
        """Wait before another try, longer each time; False when no time would be left for it."""
        delay = self._patience.first_delay * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
        if time.monotonic() + delay >= deadline:
            return False
        time.sleep(delay)  # the other side gets a moment to recover; the deadline holds
        return True

    def _try(self, method: str, url: str, deadline: float, **options: Any) -> Answer:
        answered = False
        try:
            answer = call(self.session, method, url, patience=self._patience, deadline=deadline, **options)
            answered = answer.status < 500
            return answer
        finally:
            if self._breaker.report(answered=answered):
                log.warning("%s has not answered for a while: nobody is asked for %s s", url, self._breaker.pause)


def call(
    session: requests.Session, method: str, url: str, *, patience: Patience, deadline: float, **options: Any
) -> Answer:
    """One request; raises ``NoAnswer`` when no JSON object came back whole and before ``deadline`` (monotonic)."""
    left = max(deadline - time.monotonic(), 0.01)
    timeout = urllib3.Timeout(total=left, connect=patience.connect, read=patience.read)
    failpoints.hit("call.before")
    try:
        with session.request(
            method,
            url,
            timeout=timeout,  # type: ignore[arg-type]  # requests takes urllib3's Timeout as well; its stubs do not say so
            allow_redirects=False,
            stream=True,
            **options,
        ) as response:
            content = _read(response, deadline)
            failpoints.hit("call.after")
            return _answer(response, content)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise NoAnswer(type(error).__name__) from error


def _read(response: requests.Response, deadline: float) -> bytes:
    """The body, as far as it may be long and may take time; who sends it drop by drop is cut off."""
    content = b""
    while piece := response.raw.read1(_PIECE, decode_content=True):
        content += piece
        if len(content) > _LONGEST_ANSWER:
            raise NoAnswer("answer too long")
        if time.monotonic() > deadline:
            raise NoAnswer("answer too slow")
    return content


def _answer(response: requests.Response, content: bytes) -> Answer:
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and "Content-Encoding" not in response.headers and len(content) != int(announced):
        raise NoAnswer("answer cut short")
    body = json.loads(content)
    if not isinstance(body, dict):
        raise NoAnswer("not a JSON object")
    advice = {"true": True, "false": False}.get(response.headers.get("Stripe-Should-Retry", "").lower())
    return Answer(response.status_code, body, advice)
