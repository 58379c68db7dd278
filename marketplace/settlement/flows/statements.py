"""Take a statement file over: read and check it, keep its lines at once, then let each line have its effect."""

import hashlib
import logging
from dataclasses import dataclass

from marketplace.core.db import db, retrying, transaction
from marketplace.core.money import Dong
from marketplace.payments import flows as payments
from marketplace.payments import settings
from marketplace.payments.movements import ROW_KEY, Movement
from marketplace.settlement import statement_files
from marketplace.settlement.models import StatementLine
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.services import statement_lines as services
from marketplace.settlement.statement_files import ParsedStatement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Imported:
    """What a file brought: its rows, how many were new, and how many of these were money nobody had told us of."""

    import_id: int
    rows: int
    new: int
    booked: int


def check_file(content: bytes) -> ParsedStatement:
    """Read a file and compare it with what is known; nothing is written. Raises ``StatementRefused``."""
    parsed = statement_files.read(content)
    services.check(parsed, settings.current().collecting)
    return parsed


def import_file(content: bytes, *, file_name: str, actor_id: int | None) -> Imported:
    """Keep the lines of a file, all or none, then let each have its effect as a notice would.

    The same file again brings nothing. Dying in between loses nothing: lines without an effect get theirs from the
    next import or reconciliation. Raises ``StatementRefused``, and then nothing was kept.
    """
    parsed = statement_files.read(content)
    digest = hashlib.sha256(content).hexdigest()

    def keep() -> tuple[int, int, int]:
        with transaction():
            made = services.keep_file(
                parsed, settings.current().collecting, file_name=file_name, sha256=digest, actor_id=actor_id
            )
            return made.id, made.rows, made.new_lines

    import_id, rows, new = retrying(keep)
    return Imported(import_id, rows, new, booked=apply_lines())


def apply_lines() -> int:
    """Let every line that had no effect yet have it; the number of lines whose money was new to the books.

    A line that makes trouble is left for the next round and stops nobody behind it.
    """
    booked = 0
    ids = queries.list_without_effect()
    db.session.rollback()
    for line_id in ids:
        try:
            booked += _apply(line_id)
        except Exception:  # whatever it is, the money of the lines behind must not wait for it
            db.session.rollback()
            log.exception("trouble with statement line %s", line_id)
    return booked


def _apply(line_id: int) -> bool:
    movement = _movement(db.session.get_one(StatementLine, line_id))
    db.session.rollback()
    told = payments.apply_movement(movement)

    def note() -> bool:
        with transaction():
            services.note_effect(line_id, ignored=told.ignored, known_as=told.known_as)
            return told.is_new

    return retrying(note)


def _movement(line: StatementLine) -> Movement:
    return Movement(
        id=f"line-{line.id}",
        bank_reference=line.reference,
        bin=line.bin,
        account=line.account,
        direction="in" if line.amount > 0 else "out",
        amount=Dong(abs(line.amount)),
        currency=line.currency,
        memo=line.memo,
        transacted_at=line.transacted_at,
        payer_name=line.counterparty,
        payer_account=line.counterparty_account,
        row_key=line.key if line.key.startswith(ROW_KEY) else "",
    )
