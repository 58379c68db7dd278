"""Commands: ``flask trace check``."""

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.trace.flows import check_due_links

group = AppGroup("trace", help="Trace links and pages.")


@group.command("check")
@click.option("--limit", default=1000, show_default=True, help="At most so many links.")
def check(limit: int) -> None:
    """Check the trace links whose turn it is (syntax, host, GTIN; nothing is fetched)."""
    outcomes = check_due_links(own_pages=f"{current_app.config['PUBLIC_URL']}/t/", limit=limit)
    for status, number in sorted(outcomes.items()):
        click.echo(f"{status}: {number}")
    click.echo(f"{sum(outcomes.values())} links checked")
