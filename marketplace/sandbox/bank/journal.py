"""The bank's journal: transfers and their reversals, each with one notice; the statement reads it."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace.core import clock, vietqr
from marketplace.core.vietqr import Problem
from marketplace.sandbox.ids import bank_reference, random_text
from marketplace.sandbox.qr_words import explained, plain
from marketplace.sandbox.settings import BANK_BIN, Settings
from marketplace.sandbox.store import bookings

from . import notices
from .notices import Way

_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,19}")
_LONGEST_MEMO = 210
MOST_ITEMS = 200
#: Who pays when nobody says so.
DEFAULT_PAYER = "NGUYEN VAN A"


class BankError(Exception):
    """A refusal of the bank: HTTP status, stable code, words, and the field it is about."""

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.problems = problems

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        return {"error": {"code": self.code, "message": str(self), "field": self.field}}


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer order as the payer signs it: whole dong, aware time by the bank's clock."""

    account: str
    amount: int
    memo: str
    transacted_at: datetime
    payer_name: str = DEFAULT_PAYER
    payer_account: str = "0123456789"
    client_id: str | None = None
    notice_after: float = 0.0
    payer_bin: str = BANK_BIN
    way: Way = Way.RIGHT


def read_qr(payload: str) -> vietqr.VietQr:
    """The code as a bank app reads it; raises BankError unless it pays into an account of this bank."""
    code = vietqr.read(payload)
    told = explained(code.problems, plain)
    if code.verdict is vietqr.Verdict.VALID_OTHER:
        raise BankError(400, "qr_not_supported", f"The code pays by another service. {told}", "qr", code.problems)
    if not code.is_payable or code.account is None:
        raise BankError(400, "qr_refused", f"The code is refused. {told}", "qr", code.problems)
    if code.fees:
        raise BankError(400, "qr_with_fee", "The code adds a tip or fee (objects 55 to 57) to its amount.", "qr")
    if code.account.bank_bin != BANK_BIN:
        raise BankError(
            400, "other_bank", f"The account is at bank {code.account.bank_bin}, which is not simulated.", "qr"
        )
    return code


def check_order(order: Order) -> None:
    """Raise BankError when no bank would take the order."""
    if not _ACCOUNT.fullmatch(order.account):
        raise BankError(400, "bad_account", "An account is 1 to 19 letters and digits.", "account")
    if not 1 <= order.amount <= vietqr.MAX_AMOUNT:
        raise BankError(400, "bad_amount", "One transfer is 1 to 499,999,999 whole dong.", "amount")
    texts = (
        ("memo", order.memo, _LONGEST_MEMO),
        ("payer_name", order.payer_name, 70),
        ("payer_account", order.payer_account, 19),
    )
    for field, text, longest in texts:
        if len(text) > longest or not (text.isprintable() or text == ""):
            raise BankError(400, "bad_text", f"{field} is at most {longest} printable characters.", field)
    if order.client_id is not None and not (1 <= len(order.client_id) <= 100 and order.client_id.isprintable()):
        raise BankError(400, "bad_client_id", "client_id is 1 to 100 printable characters.", "client_id")


def transfer(db: sa.Connection, settings: Settings, order: Order) -> dict[str, Any]:
    """Book money into an account and queue its notice; returns the booking.

    The same ``client_id`` again returns the first booking; with another content it raises 409 ``client_id_used``.
    """
    check_order(order)
    fingerprint = _fingerprint(order)
    if order.client_id is not None:
        query = sa.select(bookings).where(bookings.c.client_id == order.client_id)
        if known := db.execute(query).one_or_none():
            if known.fingerprint != fingerprint:
                raise BankError(409, "client_id_used", "client_id was used for another transfer.", "client_id")
            return booking_face(known.body)
    return book(db, settings, order, direction="in", fingerprint=fingerprint)


def reverse(db: sa.Connection, settings: Settings, ref: str) -> dict[str, Any]:
    """Take a transfer back (the bank's correction): books it out with its own reference and notice.

    Raises 404 ``no_transfer``, 409 ``already_reversed`` and ``not_reversible`` (a reversal itself).
    """
    row = _find(db, ref)
    if row.direction != "in":
        raise BankError(409, "not_reversible", "Only money that came in can be reversed.", "id")
    if db.execute(sa.select(bookings.c.id).where(bookings.c.reverses == row.id)).first():
        raise BankError(409, "already_reversed", "This transfer was reversed before.", "id")
    order = Order(
        account=row.account, amount=row.amount, memo=f"HOAN TRA {row.bank_reference}", transacted_at=clock.now(),
        payer_name=row.payer_name, payer_account=row.payer_account,
    )  # fmt: skip
    return book(
        db, settings, order, direction="out", fingerprint=_fingerprint(order), reverses=row.id,
        more={"related_reference": row.bank_reference},
    )  # fmt: skip


def get(db: sa.Connection, ref: str) -> dict[str, Any]:
    """One booking by its id or bank reference; raises 404 ``no_transfer``."""
    return booking_face(_find(db, ref).body)


def statement(
    db: sa.Connection,
    *,
    account: str | None,
    begin: datetime | None,
    end: datetime | None,
    starting_after: str | None,
    limit: int,
) -> dict[str, Any]:
    """One page of bookings in the order they were booked, oldest first.

    ``begin`` <= bank time < ``end``. ``next`` is the id to go on after, None on the last page. A transfer with an
    older bank time that is booked later comes later, so a reader who goes on from the last id misses nothing.
    """
    query = sa.select(bookings).order_by(bookings.c.seq).limit(limit + 1)
    if account:
        query = query.where(bookings.c.account == account)
    if begin:
        query = query.where(bookings.c.transacted_at >= int(begin.timestamp()))
    if end:
        query = query.where(bookings.c.transacted_at < int(end.timestamp()))
    if starting_after:
        query = query.where(bookings.c.seq > _find(db, starting_after, field="starting_after").seq)
    rows = db.execute(query).all()
    items = [booking_face(row.body) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def accounts(db: sa.Connection) -> list[sa.Row[tuple[str, int, int]]]:
    """Accounts that ever took part: name, balance in dong, number of bookings."""
    signed = sa.case((bookings.c.direction == "in", bookings.c.amount), else_=-bookings.c.amount)
    query = sa.select(bookings.c.account, sa.func.sum(signed).label("balance"), sa.func.count().label("bookings"))
    return list(db.execute(query.group_by(bookings.c.account).order_by(bookings.c.account)).all())


def newest(db: sa.Connection, account: str) -> list[dict[str, Any]]:
    """The last bookings of an account, newest first, each with ``reversed`` for the page."""
    other = bookings.alias()
    reversed_ = sa.exists().where(other.c.reverses == bookings.c.id)
    query = sa.select(bookings.c.body, reversed_.label("is_reversed")).where(bookings.c.account == account)
    rows = db.execute(query.order_by(bookings.c.seq.desc()).limit(MOST_ITEMS)).all()
    return [{**booking_face(row.body), "reversed": row.is_reversed} for row in rows]


def booking_face(notice: Mapping[str, Any]) -> dict[str, Any]:
    """A booking as the API shows it: the notice's members under the booking's own id."""
    return {**notice, "id": "bk_" + notice["id"].removeprefix("bn_")}


def _find(db: sa.Connection, ref: str, field: str = "id") -> sa.Row[tuple[Any, ...]]:
    where = sa.or_(bookings.c.id == ref, bookings.c.bank_reference == ref)
    row = db.execute(sa.select(bookings).where(where)).one_or_none()
    if row is None:
        status = 404 if field == "id" else 400
        raise BankError(status, "no_transfer", f"No such transfer: {ref}", field)
    return row


def book(
    db: sa.Connection,
    settings: Settings,
    order: Order,
    *,
    direction: str,
    fingerprint: str,
    reverses: str | None = None,
    reference: str | None = None,
    more: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write one booking and queue its notice; ``more`` are members that only this kind of booking has."""
    reference = reference or bank_reference()
    notice = _notice(order, direction, reference, more)
    booking = booking_face(notice)
    db.execute(
        sa.insert(bookings).values(
            id=booking["id"], bank_reference=reference, account=order.account, direction=direction,
            amount=order.amount, memo=order.memo, transacted_at=int(order.transacted_at.timestamp()),
            payer_name=order.payer_name, payer_account=order.payer_account, client_id=order.client_id,
            fingerprint=fingerprint, reverses=reverses, body=notice,
        )
    )  # fmt: skip
    notices.send(db, settings.notice_url, notice, after=order.notice_after, way=order.way)
    return booking


def forge(db: sa.Connection, settings: Settings, order: Order) -> str:
    """Queue a notice of money that never moved, signed wrongly or long ago (``order.way``); nothing is booked.

    Returns the reference that it claims.
    """
    check_order(order)
    notice = _notice(order, "in", bank_reference(), None)
    notices.send(db, settings.notice_url, notice, way=order.way)
    return str(notice["bank_reference"])


def _notice(order: Order, direction: str, reference: str, more: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "id": f"bn_{random_text(20)}",
        "bank_reference": reference,
        "bin": BANK_BIN,
        "account": order.account,
        "direction": direction,
        "amount": order.amount,
        "currency": "VND",
        "memo": order.memo,
        "transacted_at": clock.local(order.transacted_at).isoformat(timespec="seconds"),
        "payer_name": order.payer_name,
        "payer_account": order.payer_account,
        **({"payer_bin": order.payer_bin} if order.payer_account else {}),
        **(more or {}),
    }


def _fingerprint(order: Order) -> str:
    words = [order.account, order.amount, order.memo, order.payer_name, order.payer_account]
    return hashlib.sha256(json.dumps(words).encode(errors="surrogatepass")).hexdigest()
