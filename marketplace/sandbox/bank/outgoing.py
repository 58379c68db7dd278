"""Transfers that an account holder orders: carried out at once, kept waiting, refused, or sent back later.

Which of these comes next is chosen on the bank's page or by the control address, and stays chosen.
"""

import hashlib
import json
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from marketplace.core import clock
from marketplace.sandbox.bank import journal
from marketplace.sandbox.bank.journal import BankError, Order
from marketplace.sandbox.ids import bank_reference, new_id
from marketplace.sandbox.settings import BANK_BIN, Settings
from marketplace.sandbox.store import choices, transfers

#: What happens to transfers ordered from now on.
OUTCOMES: Final = ("succeed", "wait", "fail")
_CHOICE = "outgoing"
#: The reason of a refusal, as an answer tells it.
REFUSED: Final = "account_closed"
_FIELDS: Final = ("from_account", "bin", "account", "name", "amount", "memo")


def outcome(db: sa.Connection) -> str:
    """What happens to transfers ordered now: one of ``OUTCOMES``."""
    return db.execute(sa.select(choices.c.value).where(choices.c.name == _CHOICE)).scalar() or OUTCOMES[0]


def choose(db: sa.Connection, chosen: str) -> None:
    """Choose what happens to transfers ordered from now on. Raises BankError ``bad_outcome``."""
    if chosen not in OUTCOMES:
        raise BankError(400, "bad_outcome", f"One of {', '.join(OUTCOMES)}.", "outcome")
    db.execute(sa.delete(choices).where(choices.c.name == _CHOICE))
    db.execute(sa.insert(choices).values(name=_CHOICE, value=chosen))


def order(db: sa.Connection, settings: Settings, given: dict[str, Any], key: str | None) -> dict[str, Any]:
    """Take an order of an account holder; the same key again is the same transfer, as it stands now.

    Raises 400 (a field, or ``key_missing``) and 409 ``key_reused``: the key ordered something else.
    """
    if not key or len(key) > 100 or not key.isprintable():
        raise BankError(400, "key_missing", "Idempotency-Key is 1 to 100 printable characters.", "Idempotency-Key")
    _check(given)
    fingerprint = hashlib.sha256(json.dumps([given.get(field) for field in _FIELDS]).encode()).hexdigest()
    known = db.execute(sa.select(transfers).where(transfers.c.key == key)).one_or_none()
    if known is not None:
        if known.fingerprint != fingerprint:
            raise BankError(409, "key_reused", "This key ordered another transfer.", "Idempotency-Key")
        return face(known)
    values = {
        "id": new_id("tf"),
        "key": key,
        "fingerprint": fingerprint,
        "bank_reference": bank_reference(),
        "from_account": given["from_account"],
        "bin": given["bin"],
        "account": given["account"],
        "name": given.get("name") or "",
        "amount": given["amount"],
        "memo": given.get("memo") or "",
        "state": "accepted",
        "created": int(clock.now().timestamp()),
    }
    db.execute(sa.insert(transfers).values(values))
    happening = {"succeed": carry_out, "fail": refuse}.get(outcome(db))
    return happening(db, settings, values["id"]) if happening else get(db, values["id"])


def carry_out(db: sa.Connection, settings: Settings, ref: str) -> dict[str, Any]:
    """Pay an accepted transfer: booked out, with a notice. Raises 404, 409 ``wrong_state``."""
    row = _find(db, ref, state="accepted")
    booking = journal.book(
        db, settings, _order(row, row.from_account, row.memo, clock.now()), direction="out",
        fingerprint=row.fingerprint, reference=row.bank_reference, more={"client_reference": row.key},
    )  # fmt: skip
    return _change(db, row.id, state="succeeded", booked_at=booking["transacted_at"])


def refuse(db: sa.Connection, settings: Settings, ref: str) -> dict[str, Any]:
    """Refuse an accepted transfer: nothing is booked. Raises 404, 409 ``wrong_state``."""
    row = _find(db, ref, state="accepted")
    return _change(db, row.id, state="failed", failure=REFUSED)


def give_back(db: sa.Connection, settings: Settings, ref: str) -> dict[str, Any]:
    """The payee's bank sends a transfer back: booked in, naming the first. Raises 404, 409 ``wrong_state``."""
    row = _find(db, ref, state="succeeded")
    booking = journal.book(
        db, settings, _order(row, row.from_account, f"HOAN TRA {row.bank_reference}", clock.now()), direction="in",
        fingerprint=row.fingerprint, more={"related_reference": row.bank_reference},
    )  # fmt: skip
    return _change(
        db, row.id, state="returned", return_reference=booking["bank_reference"], returned_at=booking["transacted_at"]
    )


def get(db: sa.Connection, ref: str) -> dict[str, Any]:
    """One transfer by its id, the bank's reference or its key. Raises 404 ``no_transfer``."""
    return face(_find(db, ref))


def find(db: sa.Connection, ref: str) -> dict[str, Any] | None:
    """As ``get``, or None."""
    try:
        return get(db, ref)
    except BankError:
        return None


def newest(db: sa.Connection) -> list[dict[str, Any]]:
    """The last transfers ordered, newest first."""
    query = sa.select(transfers).order_by(transfers.c.seq.desc()).limit(journal.MOST_ITEMS)
    return [face(row) for row in db.execute(query).all()]


def face(row: sa.Row[tuple[Any, ...]]) -> dict[str, Any]:
    """A transfer as the API shows it."""
    shown = {name: row._mapping[name] for name in ("id", "bank_reference", "state", "failure", *_FIELDS)}
    return {
        **shown,
        "currency": "VND",
        "client_reference": row.key,
        "booked_at": row.booked_at,
        "return_reference": row.return_reference,
        "returned_at": row.returned_at,
    }


def _check(given: dict[str, Any]) -> None:
    if strange := sorted(set(given) - set(_FIELDS)):
        raise BankError(400, "unknown_field", f"Unknown: {', '.join(strange)}", strange[0])
    for field in ("from_account", "bin", "account"):
        if not isinstance(given.get(field), str):
            raise BankError(400, "bad_type", f"{field} is a string.", field)
    for field in ("name", "memo"):
        if not isinstance(given.get(field) or "", str):
            raise BankError(400, "bad_type", f"{field} is a string.", field)
    if type(given.get("amount")) is not int:
        raise BankError(400, "bad_amount", "amount is a whole number of dong.", "amount")
    if not (len(given["bin"]) == 6 and given["bin"].isascii() and given["bin"].isdigit()):
        raise BankError(400, "bad_bin", "bin is six digits.", "bin")
    if (given["bin"], given["account"]) == (BANK_BIN, given["from_account"]):
        raise BankError(400, "same_account", "An account cannot pay itself.", "account")
    for account in (given["from_account"], given["account"]):
        journal.check_order(
            Order(account, given["amount"], given.get("memo") or "", clock.now(), payer_name=given.get("name") or "")
        )


def _order(row: sa.Row[tuple[Any, ...]], account: str, memo: str, moment: datetime) -> Order:
    """The booking on the holder's account; the payee stands as the other side."""
    return Order(account, row.amount, memo, moment, row.name, row.account, payer_bin=row.bin)


def _find(db: sa.Connection, ref: str, *, state: str | None = None) -> sa.Row[tuple[Any, ...]]:
    where = sa.or_(transfers.c.id == ref, transfers.c.bank_reference == ref, transfers.c.key == ref)
    row = db.execute(sa.select(transfers).where(where)).one_or_none()
    if row is None:
        raise BankError(404, "no_transfer", f"No such transfer: {ref}", "id")
    if state is not None and row.state != state:
        raise BankError(409, "wrong_state", f"This transfer is {row.state}.", "id")
    return row


def _change(db: sa.Connection, transfer_id: str, **values: Any) -> dict[str, Any]:
    db.execute(sa.update(transfers).where(transfers.c.id == transfer_id).values(**values))
    return get(db, transfer_id)
