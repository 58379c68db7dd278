"""The rows that break a promise as a table for people: named columns, sums in đồng, names with links for numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from marketplace.core.money import Dong, format_dong
from marketplace.ledger.alarms import OpenAlarm
from marketplace.settlement import alarm_columns
from marketplace.settlement.book_words import account_name
from marketplace.settlement.models import GATEWAY
from marketplace.settlement.queries import alarm_subjects
from marketplace.settlement.queries.alarm_subjects import Shown, Subject
from marketplace.web.templating import show_moment

_PAGES = {
    Shown.ORDER: ("settlement.money_of_order", "number"),
    Shown.BATCH: ("settlement.batch", "batch_id"),
    Shown.PRODUCER: ("settlement.producer_statement", "producer_id"),
    Shown.MARKET: ("settlement.stalls", "_anchor"),
    Shown.STALL: ("settlement.money_of_stall", "stall_id"),
    Shown.LOT: ("trace.lot", "code"),
    Shown.WAITING: ("settlement.money", ""),
    Shown.DIFFERENCES: ("settlement.differences", ""),
}


@dataclass(frozen=True)
class Cell:
    """One value in words, with the page that tells more of it."""

    text: str
    address: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """The offenders of one alarm: the names of the columns, and a row of cells for each."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def numbers(self) -> Sequence[bool]:
        """Of each column whether it holds numbers: those stand at the right."""
        return [any(row[at].is_number for row in self.rows) for at in range(len(self.columns))]


def tables_of(alarms: Sequence[OpenAlarm]) -> dict[int, Table]:
    """By id of the alarm its offenders as a table; numbers are looked up for all alarms together."""
    subjects = alarm_subjects.find_subjects(_numbers(alarms))
    producers = alarm_subjects.producer_names() if alarms else {}
    return {alarm.id: _table(alarm, subjects, producers) for alarm in alarms}


def _numbers(alarms: Sequence[OpenAlarm]) -> Iterator[tuple[str, Any]]:
    for alarm in alarms:
        for row in alarm.offenders:
            for column, value in row.items():
                yield alarm_subjects.meaning_of(alarm.name, column), value


def _table(alarm: OpenAlarm, subjects: dict[tuple[str, Any], Subject], producers: dict[int, str]) -> Table:
    names = list(alarm.offenders[0]) if alarm.offenders else []
    rows = []
    for row in alarm.offenders:
        cells = []
        for column in names:
            value = row.get(column)
            known = subjects.get((alarm_subjects.meaning_of(alarm.name, column), value))
            cells.append(_known(known) if known else _plain(alarm.name, column, value, producers))
        rows.append(cells)
    return Table([str(alarm_columns.COLUMNS.get(name, name)) for name in names], rows)


def _known(subject: Subject) -> Cell:
    if subject.shown is Shown.NOWHERE:
        return Cell(subject.text)
    page, asked = _PAGES[subject.shown]
    given: dict[str, Any] = {asked: subject.key} if asked else {}
    return Cell(subject.text, url_for(page, **given))


def _plain(check: str, column: str, value: Any, producers: dict[int, str]) -> Cell:
    """A value that stands for itself: a sum, a moment, a count, a state, or a number that nothing is known of."""
    if value is None or value == "":
        return Cell("–")
    if alarm_columns.is_money(check, column) and isinstance(value, int):
        return Cell(format_dong(Dong(value)), is_number=True)
    if alarm_columns.is_moment(column):
        return Cell(_moment(str(value)))
    if column == "code":
        return Cell(account_name(str(value), producers=producers))
    if column == "account" and value == GATEWAY:
        return Cell(_("Card gateway"))
    is_number = isinstance(value, int) and not column.endswith("id")
    return Cell(alarm_columns.word(check, column, str(value)), is_number=is_number)


def _moment(written: str) -> str:
    """A moment as an operator reads it; the database's own text where it is none."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return written
    return show_moment(found if found.tzinfo else found.replace(tzinfo=UTC))
