"""Who asks. Doors read the signed-in person here, typed; the accounts room says who that is."""

from collections.abc import Iterable
from typing import Protocol, cast

import flask_login
from flask import g
from werkzeug.exceptions import Unauthorized

from marketplace.core.roles import Role, Scope


class SignedIn(Protocol):
    """What the rest of the house may know of the person who asks."""

    @property
    def id(self) -> int:
        """Row id of the person."""

    @property
    def name(self) -> str:
        """What they are called."""

    @property
    def roles(self) -> frozenset[Role]:
        """Roles held now; always contains BUYER."""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The grants behind the roles."""

    @property
    def locale(self) -> str:
        """``vi`` or ``en``."""


def current_user() -> SignedIn | None:
    """The person behind this request (cookie session or API token), or None for a guest."""
    by_token = g.get("token_user")
    if by_token is not None:
        return cast(SignedIn, by_token)
    user = flask_login.current_user
    return cast(SignedIn, user._get_current_object()) if user and user.is_authenticated else None


def require_user() -> SignedIn:
    """The signed-in person; raises 401 for a guest (doors behind ``allow(SIGNED_IN)`` never see that)."""
    user = current_user()
    if user is None:
        raise Unauthorized
    return user


def subject_ids(role: Role) -> frozenset[int]:
    """Producers, stalls or markets in which the person holds ``role``."""
    user = current_user()
    scopes: Iterable[Scope] = user.scopes if user else ()
    return frozenset(scope.subject_id for scope in scopes if scope.role == role and scope.subject_id is not None)


def unit_ids(*roles: Role) -> frozenset[int]:
    """Administrative units in which the person holds one of ``roles``."""
    user = current_user()
    scopes: Iterable[Scope] = user.scopes if user else ()
    return frozenset(scope.unit_id for scope in scopes if scope.role in roles and scope.unit_id is not None)
