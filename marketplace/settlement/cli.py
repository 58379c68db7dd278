"""Commands: ``flask settlement import-statement`` and ``flask settlement reconcile``."""

from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import force_locale

from marketplace.settlement.flows import statements
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
