"""Doors: commands over the audit chain."""

import click
from flask.cli import AppGroup

from marketplace.audit import queries

group = AppGroup("audit", help="The record of who did what.")


@group.command("check")
def check() -> None:
    """Recompute every hash. Exits 1 and names the rows when the chain was broken or changed."""
    faults = queries.check_chain()
    for fault in faults:
        click.echo(f"audit_event {fault.event_id}: {fault.reason}", err=True)
    if faults:
        raise SystemExit(1)
    number, digest = queries.head()
    click.echo(f"{number} rows, whole. Head: {digest}")
