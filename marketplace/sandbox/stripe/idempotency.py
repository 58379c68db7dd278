"""Idempotency keys (docs.stripe.com/api/idempotent_requests): the first answer, whatever it was, is the answer.

A key is claimed before its request runs and filled in the transaction of the effect, so that both stand or neither.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from marketplace.sandbox.store import Store, answers

from .errors import StripeError
from .form import Tree
from .objects import now

_KEPT = 24 * 3600
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Stored:
    """A first answer: ``request_id`` is the request that it was given to."""

    request_id: str
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key with what it is used for."""

    account: str
    value: str
    path: str
    fingerprint: str
    """The path, and what was sent to it."""


def key_of(account: str, value: str, path: str, params: Tree) -> Key:
    """The key of one request; raises StripeError when it is unusable."""
    if not 1 <= len(value) <= _LONGEST:
        raise StripeError(400, f"Idempotency keys are 1 to {_LONGEST} characters long.", kind="idempotency_error")
    words = json.dumps(params, sort_keys=True)
    digest = hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()
    return Key(account, value, path, f"{path} {digest}")


def recall(db: sa.Connection, key: Key) -> Stored | None:
    """The first answer under this key, None when it is new.

    Raises 400 ``idempotency_error`` for other parameters and 409 while the first request runs.
    """
    row = db.execute(
        sa.select(answers).where(answers.c.account == key.account, answers.c.key == key.value)
    ).one_or_none()
    if row is None or row.created < now() - _KEPT:
        return None
    if row.fingerprint != key.fingerprint:
        first = row.fingerprint.split(" ")[0]
        same = (
            "with the same parameters they were first used with."
            if first == key.path
            else f"for the same endpoint they were first used for ('{key.path}' vs '{first}')."
        )
        raise StripeError(
            400,
            f"Keys for idempotent requests can only be used {same} Try using a key other than '{key.value}' if you "
            "meant to execute a different request.",
            kind="idempotency_error",
        )
    if row.status is None:
        raise StripeError(
            409,
            f"There is currently another in-progress request using this Idempotency Key: {key.value}. Please try again "
            "later.",
            kind="idempotency_error", code="idempotency_key_in_use",
        )  # fmt: skip
    return Stored(row.request_id, row.status, row.body)


def claim(store: Store, key: Key, request_id: str) -> Stored | None:
    """Take the key for this request, or get the answer that another one was given meanwhile."""
    with store.write() as db:
        stored = recall(db, key)
        if stored is None:
            db.execute(sa.delete(answers).where(answers.c.created < now() - _KEPT))
            db.execute(
                sa.insert(answers).values(
                    account=key.account,
                    key=key.value,
                    fingerprint=key.fingerprint,
                    request_id=request_id,
                    created=now(),
                )
            )
        return stored


def fill(db: sa.Connection, key: Key, status: int, body: Any) -> None:
    """Keep the answer, in the transaction of what it reports."""
    where = (answers.c.account == key.account, answers.c.key == key.value)
    db.execute(sa.update(answers).where(*where).values(status=status, body=body))


def forget_unfinished(store: Store) -> None:
    """Free the keys of requests that a stopped process left running: nothing of them was kept."""
    with store.write() as db:
        db.execute(sa.delete(answers).where(answers.c.status.is_(None)))
