"""Commands about files."""

import click
from flask.cli import AppGroup

from marketplace.files import services

group = AppGroup("files", help="Files that people sent.")


@group.command("sweep")
def sweep() -> None:
    """Delete files that have no row and are older than a day (left by a crash while they were taken in)."""
    click.echo(f"swept {services.sweep_orphans()} files")
