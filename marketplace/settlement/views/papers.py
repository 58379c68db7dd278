"""Months in addresses, and files to save: shared by the doors of statements and taxes."""

import re
from datetime import date

from flask import Response, make_response
from werkzeug.exceptions import NotFound

from marketplace.core import clock
from marketplace.settlement.views.blueprint import blueprint

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def month_of(text: str) -> tuple[int, int]:
    """``2026-11`` -> (2026, 11). Answers 404 for anything else, before the year 2020 or later than this month."""
    match = re.fullmatch(r"(20[2-9][0-9])-(0[1-9]|1[0-2])", text, re.ASCII)
    if match is None or date(int(match[1]), int(match[2]), 1) > clock.today():
        raise NotFound
    return int(match[1]), int(match[2])


def this_month() -> str:
    """The present month in Vietnam, ``2026-11``."""
    return f"{clock.today():%Y-%m}"


def months(begin: date | None = None, *, most: int = 24) -> list[str]:
    """The months from ``begin`` (a day; at most two years back) to now, newest first."""
    found: list[str] = []
    month = clock.today().replace(day=1)
    first = (begin or month).replace(day=1)
    while month >= first and len(found) < most:
        found.append(f"{month:%Y-%m}")
        month = clock.add_months(month, -1)
    return found


def file_answer(content: bytes, kind: str, name: str) -> Response:
    """A file to be saved under ``name``."""
    answer = make_response(content)
    answer.headers["Content-Type"] = KINDS[kind]
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


@blueprint.app_template_filter("month_of_year")
def show_month(written: str) -> str:
    """``2026-11``, as addresses and forms write a month, -> ``11/2026``, as people read it."""
    year, _dash, month = written.partition("-")
    return f"{month}/{year}"
