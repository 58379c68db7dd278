"""Commands: ``flask places import`` and ``flask places show``."""

from pathlib import Path

import click
from flask.cli import AppGroup

from marketplace.core.db import transaction
from marketplace.places import queries, services
from marketplace.places.errors import PlaceFileRefused, PlaceNotFound
from marketplace.places.models import VINTAGE_2025

_SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "places"

group = AppGroup("places", help="Provinces and communes.")


@group.command("import")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=_SEEDS, help="Folder of CSV files.")
def import_command(folder: Path) -> None:
    """Load units, links and changes; the same files twice change nothing."""
    try:
        with transaction():
            report = services.import_places(folder)
    except PlaceFileRefused as refused:
        raise click.ClickException(f"Nothing was written. {refused}") from None
    for table, counts in report.as_dict().items():
        click.echo(f"{table}: " + ", ".join(f"{number} {what}" for what, number in counts.items()))


@group.command("show")
@click.argument("code")
@click.option("--vintage", default=VINTAGE_2025, show_default=True, help="2025-07 or pre-2025.")
def show_command(code: str, vintage: str) -> None:
    """Print one unit, what it is today and what it was made of."""
    try:
        unit = queries.get_unit_by_code(code, vintage=vintage)
    except PlaceNotFound:
        raise click.ClickException(f"No unit has the code {code} in {vintage}.") from None
    click.echo(f"{unit.code} ({unit.vintage}) {unit.address}")
    detail = queries.describe(unit)
    for present in detail.current:
        if present.id != unit.id:
            click.echo(f"  today: {present.code} {present.address}" + (" (a part)" if detail.needs_choice else ""))
    for former in detail.predecessors:
        click.echo(f"  from: {former.unit.code} {former.unit.address}" + (" (a part)" if former.is_split else ""))
    for change in detail.changes:
        click.echo(f"  {change.changed_on}: {change.old_value} -> {change.new_value} ({change.source})")
