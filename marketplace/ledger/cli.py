"""Door: prove the books."""

import os
import sys
from typing import TextIO

import click
from flask.cli import AppGroup

from marketplace.ledger import audit_checks, beancount

group = AppGroup("ledger", help="The books.")

#: Somebody waits for the answer, so every core may work on it; the worker's hourly audit leaves them to the shop.
_CORES = max(2, min(8, os.cpu_count() or 2))


@group.command("audit")
@click.option("--at-once", type=click.IntRange(1, 8), default=_CORES, help="Promises asked side by side.")
def audit(at_once: int) -> None:
    """Ask every invariant of money and stock; name the rows that break one and end with status 1."""
    findings = {finding.check.name: finding for finding in audit_checks.run_side_by_side(at_once)}
    for check in audit_checks.checks():
        finding = findings.get(check.name)
        click.echo(f"{'BROKEN' if finding else 'ok':7}{check.name:5}{check.promise}")
        for row in finding.rows if finding else ():
            click.echo("         " + ", ".join(f"{name}={value}" for name, value in row.items()))
    total = len(audit_checks.checks())
    click.echo(f"{total - len(findings)} of {total} promises are kept.")
    if findings:
        sys.exit(1)


@group.command("export")
@click.option("--format", "syntax", type=click.Choice(["beancount"]), default="beancount", show_default=True)
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-", help="A file instead of the screen.")
def export(syntax: str, output: TextIO) -> None:
    """Write the whole journal for another bookkeeping program to check."""
    output.writelines(f"{line}\n" for line in beancount.lines(f"Journal in {syntax} syntax"))
