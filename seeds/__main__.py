"""``python -m seeds``: loads reference facts, in development the demonstration, once; prints the log-ins each time."""

import os
import sys
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.app import create_app
from marketplace.audit.queries import list_events
from marketplace.audit.services import record
from marketplace.core.db import db, transaction
from marketplace.launch import surroundings
from marketplace.places.models import AdminUnit
from marketplace.places.services import import_places
from marketplace.programme.models import Plan
from marketplace.programme.services import import_programme
from seeds.demo.people import PASSWORD, PEOPLE

ROOT = Path(__file__).resolve().parent
#: Written last: where it is missing, the demonstration is not whole.
LOADED = "whole"


def main() -> int:
    """Load what is missing; say how to sign in."""
    os.environ.update(surroundings())
    app = create_app()
    with app.app_context():
        load_reference()
        if app.config["SHOW_DEMO_LOGINS"]:
            load_demonstration(app)
            print(log_ins())
    return 0


def load_reference() -> None:
    """Places, plans and indicators, each unless it is there."""
    loaders = (
        ("provinces and communes", AdminUnit, import_places, "places"),
        ("plans and indicators", Plan, import_programme, "programme"),
    )
    for what, table, load, folder in loaders:
        if db.session.scalars(select(table.id).limit(1)).first() is None:
            print(f"Loading {what} …")
            with transaction():
                load(ROOT / folder)


def load_demonstration(app: Flask) -> None:
    """The whole demonstration, unless it is there or people use this shop. Half of one, left by a kill, is refused."""
    if list_events("demonstration", LOADED, limit=1):
        return
    invented = db.session.scalars(select(User.is_illustrative).limit(1)).first()
    if invented:
        raise SystemExit("The demonstration was interrupted while it was loaded. Run `make reset`, then `make run`.")
    if invented is not None:
        return
    print("Loading the demonstration (once, about a minute) …")
    from seeds.demo.facts import account_of_rows
    from seeds.demo.load import load

    print(account_of_rows())
    load(app)
    with transaction():
        record("demonstration.loaded", object_type="demonstration", object_id=LOADED, actor_id=None)


def log_ins() -> str:
    """The table of demonstration log-ins, for the terminal."""
    url = current_app.config["PUBLIC_URL"]
    rows = [f"  {person.email:<22} {person.role.value:<18} {person.what_to_try}" for person in PEOPLE]
    return "\n".join(
        [
            "",
            f"The shop: {url}",
            f"Log-ins (password of all: {PASSWORD}; officers and operators find their code on the second page):",
            *rows,
            f"  {'sap1@ … sap16@, pho1@ … pho10@cho.example'} (vendors): the other stalls of the two markets",
            f"Try first: {url}/products?q=duong+thot+not, put two producers' goods into the cart and pay by VietQR.",
            "Everything about money is a simulation. Stop with Ctrl+C; `make reset` starts afresh.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
