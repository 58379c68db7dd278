"""Doors: commands for people. The first operator comes from here: there is no default account (S09)."""

import click
from flask.cli import AppGroup

from marketplace.accounts import passwords, queries, services
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.fields import parse_phone
from marketplace.core.roles import Role
from marketplace.places.queries import find_unit

group = AppGroup("accounts", help="People and their roles.")


@group.command("create")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True, help="Full name.")
@click.option("--phone", help="Phone number, as people write it.")
@click.option("--email", help="E-mail address.")
@click.option("--unit", "unit_code", help="Code of an officer's commune or province.")
@click.option("--subject", "subject_id", type=int, help="Number of the producer, stall or market.")
def create(
    role: str, name: str, phone: str | None, email: str | None, unit_code: str | None, subject_id: int | None
) -> None:
    """Create an account with a role and print its one-time password, once.

    The password must be changed at the first sign-in; officers and operators connect an authenticator app then.
    """
    password = passwords.random_password()
    hashed = passwords.hash_password(password)
    try:
        number = parse_phone(phone) if phone else None
        unit_id = _unit_id(unit_code)
        with transaction():
            user = services.register_person(
                name=name,
                phone=number,
                email=email.strip().lower() if email else None,
                password_hash=hashed,
                must_change_password=True,
            )
            if role != Role.BUYER:
                services.grant_role(user.id, Role(role), unit_id=unit_id, subject_id=subject_id, actor_id=None)
            created = user.id
    except DomainError as error:
        raise click.ClickException(f"{error.code} {error.facts or ''}".strip()) from error
    click.echo(f"Person {created} ({role}). One-time password: {password}")


@group.command("revoke")
@click.argument("grant_id", type=int)
@click.option("--person", "user_id", type=int, required=True, help="Number of the person.")
def revoke(grant_id: int, user_id: int) -> None:
    """Take a role away from a person."""
    try:
        with transaction():
            services.revoke_role(grant_id, user_id=user_id, actor_id=None)
    except DomainError as error:
        raise click.ClickException(error.code) from error


@group.command("show")
@click.argument("search")
def show(search: str) -> None:
    """List people by part of name, phone or e-mail, with the roles in force."""
    for user in queries.list_people(search):
        roles = ", ".join(
            f"{grant.role.value}({grant.unit_id or grant.subject_id or ''}) #{grant.id}"
            for grant in queries.list_grants(user.id)
        )
        click.echo(f"{user.id}\t{user.name}\t{user.phone or user.email}\t{roles}")


def _unit_id(code: str | None) -> int | None:
    if code is None:
        return None
    unit = find_unit(code)
    if unit is None:
        raise Invalid("unit_level_wrong", field="unit_code")
    return unit.id
