"""Doors: the worker and its dead letters."""

import signal
import threading

import click
from flask.cli import AppGroup, with_appcontext

from marketplace.core.db import transaction
from marketplace.outbox import flows, queries, services


@click.group("worker", cls=AppGroup, invoke_without_command=True)
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@click.pass_context
@with_appcontext
def group(context: click.Context, once: bool) -> None:
    """Deliver messages and run periodic tasks.

    Runs until SIGTERM or Ctrl-C; the message in hand is finished first.
    """
    if context.invoked_subcommand is not None:
        return
    if once:
        flows.work_once()
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    click.echo("The worker is ready.")
    flows.work(stop)


@group.command("dead")
def dead() -> None:
    """List the messages that were given up."""
    for message in queries.list_dead():
        click.echo(f"{message.id}\t{message.topic}\t{message.key}\t{message.last_error or ''}")


@group.command("retry")
@click.argument("message_id", type=int)
def retry(message_id: int) -> None:
    """Try a dead message again."""
    with transaction():
        services.revive(message_id)
    click.echo(f"Message {message_id} is due again.")
