"""One call over the wire, with patience and without surprises: bounded time, no proxies, no redirects, bounded size."""

import json
from dataclasses import dataclass, field
from typing import Any

import requests

from marketplace.core import failpoints

#: Answers are small; whatever is longer is not the one we asked for.
_LONGEST_ANSWER = 4 * 1024 * 1024


class NoAnswer(Exception):
    """Nothing usable came back: refused connection, time-out, cut answer, text that is no JSON object."""


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try again."""

    connect: float = 1.0
    read: float = 5.0
    retries: int = 2
    first_delay: float = 0.5


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


def call(session: requests.Session, method: str, url: str, *, patience: Patience, **options: Any) -> Answer:
    """One request; raises ``NoAnswer`` when no JSON object came back whole and in time."""
    failpoints.hit("call.before")
    try:
        with session.request(
            method,
            url,
            timeout=(patience.connect, patience.read),
            allow_redirects=False,
            stream=True,
            **options,
        ) as response:
            content = response.raw.read(_LONGEST_ANSWER + 1, decode_content=True)
            failpoints.hit("call.after")
            return _answer(response, content)
    except (requests.RequestException, OSError, ValueError) as error:
        raise NoAnswer(type(error).__name__) from error


def _answer(response: requests.Response, content: bytes) -> Answer:
    announced = response.headers.get("Content-Length", "")
    if len(content) > _LONGEST_ANSWER:
        raise NoAnswer("answer too long")
    if announced.isdigit() and "Content-Encoding" not in response.headers and len(content) != int(announced):
        raise NoAnswer("answer cut short")
    body = json.loads(content)
    if not isinstance(body, dict):
        raise NoAnswer("not a JSON object")
    advice = {"true": True, "false": False}.get(response.headers.get("Stripe-Should-Retry", "").lower())
    return Answer(response.status_code, body, advice)
