"""Commands: ``flask programme import``."""

from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.core.db import transaction
from marketplace.programme import services
from marketplace.programme.errors import ProgrammeFileRefused

_SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "programme"

group = AppGroup("programme", help="Indicators, plans and targets.")


@group.command("import")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=_SEEDS, help="Folder of CSV files.")
def import_command(folder: Path) -> None:
    """Load definitions, plans and targets; the same files twice change nothing."""
    try:
        with transaction():
            report = services.import_programme(folder)
    except ProgrammeFileRefused as refused:
        raise click.ClickException(f"Nothing was written. {refused}") from None
    for table, counts in report.as_dict().items():
        click.echo(f"{table}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))
