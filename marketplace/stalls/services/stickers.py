"""Comparing the code that hangs at a stall with the account that is registered: strangers paste their own over it."""

from dataclasses import dataclass

from marketplace.audit.services import record
from marketplace.core import clock, vietqr
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.vietqr import Verdict
from marketplace.stalls import queries
from marketplace.stalls.models import StickerCheck, StickerReport, StickerResult
from marketplace.stalls.services.shifts import lock_stall


@dataclass(frozen=True)
class ReadAccount:
    """Where a printed code leads; None where the reader found nothing."""

    bin: str | None
    account: str | None


def check_sticker(stall_id: int, *, payload: str, typed: ReadAccount, actor_id: int) -> StickerCheck:
    """Compare a printed code with the registered account, and keep who did so and what came out.

    ``payload`` is the text of the code (read strictly, NAPAS format 1.0); without it, ``typed`` is what a banking app
    shows for it. It matches only when bank and account both are the registered ones. Another account, or a code of
    another scheme, opens a report for the market's management and the operator unless one is open.
    Raises ``NotFound`` (``stall_unknown``), ``Conflict`` (``stall_without_account`` and the other
    reasons of ``why_no_code``), ``Invalid`` (``sticker_missing``: neither payload nor account).
    """
    stall = lock_stall(stall_id)
    if stall.bank_bin is None or stall.bank_account is None:
        raise Conflict(queries.why_no_code(stall) or "stall_without_account")
    if not payload and not (typed.bin and typed.account):
        raise Invalid("sticker_missing", field="payload")
    found, is_readable = _read(payload) if payload else (typed, True)
    check = StickerCheck(
        stall_id=stall_id,
        payload=payload,
        read_bin=(found.bin or "")[:12] or None,
        read_account=(found.account or "")[:40] or None,
        registered_bin=stall.bank_bin,
        registered_account=stall.bank_account,
        result=_judge(found, is_readable, ReadAccount(stall.bank_bin, stall.bank_account)),
        checked_by=actor_id,
        checked_at=clock.now(),
    )
    db.session.add(check)
    db.session.flush()
    if check.result is StickerResult.OTHER_ACCOUNT and queries.find_open_report(stall_id) is None:
        db.session.add(StickerReport(stall_id=stall_id, check_id=check.id, opened_at=check.checked_at))
        db.session.flush()
    record(
        "stall.sticker_checked",
        object_type="stall",
        object_id=stall_id,
        actor_id=actor_id,
        check_id=check.id,
        result=check.result.value,
    )
    return check


def close_report(report_id: int, *, outcome: str, actor_id: int) -> StickerReport:
    """Say what was done about a foreign code.

    Raises ``NotFound`` (``report_unknown``), ``Conflict`` (``report_closed``), ``Invalid`` (``required``).
    """
    report = queries.get_report(report_id)
    lock_stall(report.stall_id)
    db.session.refresh(report)
    if report.closed_at is not None:
        raise Conflict("report_closed")
    if not outcome:
        raise Invalid("required", field="outcome")
    report.closed_at, report.closed_by, report.outcome = clock.now(), actor_id, outcome
    db.session.flush()
    record("stall.sticker_report_closed", object_type="sticker_report", object_id=report_id, actor_id=actor_id)
    return report


def _read(payload: str) -> tuple[ReadAccount, bool]:
    """Where the code leads, and whether it is whole: a strict reader's VietQR, or a code of another scheme."""
    code = vietqr.read(payload)
    account = code.account
    found = ReadAccount(account.bank_bin, account.account) if account else ReadAccount(None, None)
    return found, code.verdict in (Verdict.VALID, Verdict.VALID_OTHER)


def _judge(found: ReadAccount, is_readable: bool, registered: ReadAccount) -> StickerResult:
    if is_readable:
        return StickerResult.MATCHES if found == registered else StickerResult.OTHER_ACCOUNT
    leads_elsewhere = found.account is not None and found != registered
    return StickerResult.OTHER_ACCOUNT if leads_elsewhere else StickerResult.UNREADABLE
