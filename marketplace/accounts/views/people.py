"""Doors: the operator's list of people, their roles, and help for who cannot sign in."""

from typing import Any

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts import flows, queries, services
from marketplace.accounts.forms import ROLE_WORDS, GrantForm
from marketplace.accounts.views.base import blueprint, me, page, refuse, to
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.roles import Role
from marketplace.places.queries import find_unit
from marketplace.web.access import allow
from marketplace.web.navigation import MenuItem, add

add(MenuItem(_l("People"), "accounts.people", position=80, roles=frozenset({Role.OPERATOR}), icon="people"))


@blueprint.get("/people")
@allow(Role.OPERATOR)
def people() -> ResponseReturnValue:
    """People, newest first. Query: ``q``, part of a name, phone or e-mail."""
    asked = request.args.get("q", "")[:120]
    return page("accounts/people.html", people=queries.list_people(asked), asked=asked)


@blueprint.get("/people/<int:user_id>")
@allow(Role.OPERATOR)
def person(user_id: int) -> ResponseReturnValue:
    """One person with the roles in force."""
    return page("accounts/person.html", GrantForm(), **_shown(user_id))


@blueprint.post("/people/<int:user_id>/grants")
@allow(Role.OPERATOR)
def grant(user_id: int) -> ResponseReturnValue:
    """Give a role."""
    form, shown = GrantForm(), _shown(user_id)
    if not form.validate_on_submit():
        return page("accounts/person.html", form, **shown)
    asked, actor = form.loaded, me()
    try:
        unit_id = _unit_id(asked["unit_code"])
        with transaction():
            services.grant_role(
                user_id, asked["role"], unit_id=unit_id, subject_id=asked["subject_id"], actor_id=actor.id
            )
    except DomainError as error:
        return refuse(form, error, "accounts/person.html", **_shown(user_id))
    flash(_("The role is given and works from the next request on."))
    return to(url_for("accounts.person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/grants/<int:grant_id>/revoke")
@allow(Role.OPERATOR)
def revoke(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role away."""
    actor = me()
    with transaction():
        services.revoke_role(grant_id, user_id=user_id, actor_id=actor.id)
    flash(_("The role is taken away."))
    return to(url_for("accounts.person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/password")
@allow(Role.OPERATOR)
def reset_password(user_id: int) -> ResponseReturnValue:
    """Make a one-time password for somebody who forgot theirs; the answer is the only place where it is shown."""
    actor = me()
    queries.get_user(user_id)
    password = flows.give_temporary_password(user_id, actor_id=actor.id)
    return page("accounts/person.html", GrantForm(formdata=None), status=201, new_password=password, **_shown(user_id))


@blueprint.post("/people/<int:user_id>/second-factor/reset")
@allow(Role.OPERATOR)
def reset_second_factor(user_id: int) -> ResponseReturnValue:
    """Take a lost second factor away."""
    actor = me()
    with transaction():
        services.reset_totp(user_id, actor_id=actor.id)
    flash(_("The second factor is taken away. A new one is connected at the next sign-in."))
    return to(url_for("accounts.person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/enabled")
@allow(Role.OPERATOR)
def set_enabled(user_id: int) -> ResponseReturnValue:
    """Keep a person out, or let them in again. Form: ``enabled``, 1 or 0."""
    actor = me()
    with transaction():
        services.set_enabled(user_id, request.form.get("enabled") == "1", actor_id=actor.id)
    flash(_("Saved."))
    return to(url_for("accounts.person", user_id=user_id))


def _unit_id(code: str | None) -> int | None:
    if code is None:
        return None
    unit = find_unit(code)
    if unit is None:
        raise Invalid("unit_level_wrong", field="unit_code")
    return unit.id


def _shown(user_id: int) -> dict[str, Any]:
    return {
        "user": queries.get_user(user_id),
        "grants": queries.list_grants(user_id),
        "units": queries.units_of_grants(user_id),
        "role_words": ROLE_WORDS,
    }
