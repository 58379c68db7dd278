"""Commands: ``flask settlement import-statement`` and ``flask settlement reconcile``."""

import sys
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import force_locale

from marketplace.core import clock
from marketplace.settlement.flows import differences, statements
from marketplace.settlement.models import Outcome, StatementDifference
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.statement_tables import Problem, StatementRefused
from marketplace.web.messages import say

group = AppGroup("settlement", help="Statements of bank and gateway, compared with the books.")


@group.command("import-statement")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--check", is_flag=True, help="Only look whether the file can be taken over.")
def import_statement(file: Path, check: bool) -> None:
    """Take over a bank statement (CSV, UTF-8) of our account; the same file twice changes nothing."""
    content = file.read_bytes()
    try:
        if check:
            parsed = statements.check_file(content)
            click.echo(f"{file.name}: layout {parsed.layout}, account {parsed.account}, {len(parsed.rows)} rows.")
            return
        done = statements.import_file(content, file_name=file.name, actor_id=None)
    except StatementRefused as refused:
        lines = "\n".join(in_words(problem) for problem in refused.problems)
        raise click.ClickException(f"Nothing was taken over.\n{lines}") from None
    click.echo(f"{file.name}: {done.rows} rows, {done.new} new, {done.booked} receipts nobody had told us of.")


@group.command("reconcile")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only this local day; else yesterday and today.")
def reconcile(day: datetime | None) -> None:
    """Compare the books with what bank and gateway list, finish what can be finished, note what differs.

    Ends with 0 when no difference is open, 1 when some are, 2 when bank or gateway did not answer.
    """
    if day is not None and day.date() > clock.today():
        raise click.UsageError("This day has not come yet.")
    done = differences.reconcile([day.date()] if day else None)
    counts = done.counts
    click.echo(f"{counts.found} new, {counts.repaired} put right, {counts.closed} gone, {done.still_open} open.")
    for row in queries.open_differences():
        since = f"{clock.local(row.found_at):%Y-%m-%d %H:%M}"
        click.echo(f"  {row.happened_on} {row.account} {row.subject} {row.kind}: {_amounts(row)}, found {since}")
    for words in done.silent:
        click.echo(f"No answer from {words}", err=True)
    sys.exit({Outcome.CLEAN: 0, Outcome.DIFFERENCES: 1, Outcome.UNANSWERED: 2}[done.outcome])


def _amounts(row: StatementDifference) -> str:
    theirs, ours = ("nothing" if amount is None else f"{amount} dong" for amount in (row.theirs, row.ours))
    states = f" ({row.their_state or '-'} / {row.our_state or '-'})" if row.their_state or row.our_state else ""
    return f"there {theirs}, here {ours}{states}"


def in_words(problem: Problem) -> str:
    """One line about one problem: where, what was found, what is allowed."""
    with force_locale("en"):
        sentence = say(problem.code, "invalid", **problem.facts)
    place = ", ".join(
        part
        for part in (f"row {problem.row}" if problem.row else "", problem.column and f"column “{problem.column}”")
        if part
    )
    found = f" (found: {problem.value})" if problem.value else ""
    return f"{place}: {sentence}{found}" if place else f"{sentence}{found}"
