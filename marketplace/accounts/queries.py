"""Read people: who a session or token belongs to, what they may do, what they hold."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from marketplace.accounts.models import ApiToken, Grant, SignInTry, User, UserSession
from marketplace.accounts.tokens import digest
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.fields import parse_phone
from marketplace.core.roles import SECOND_FACTOR_ROLES, Role, Scope
from marketplace.core.text import fold
from marketplace.places.models import AdminUnit


@dataclass(frozen=True)
class Limits:
    """How long a session lives without a request, and at most (ASVS 7.3.1, 7.3.2)."""

    idle: timedelta
    absolute: timedelta


STRICT = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
RELAXED = Limits(idle=timedelta(days=30), absolute=timedelta(days=30))


def limits_for(roles: frozenset[Role]) -> Limits:
    """Officers and operators: 30 minutes and 12 hours; everybody else: 30 days."""
    return STRICT if roles & SECOND_FACTOR_ROLES else RELAXED


@dataclass(frozen=True)
class Person:
    """The signed-in person as the rest of the house sees them (``web.auth.SignedIn``)."""

    id: int
    name: str
    locale: str
    roles: frozenset[Role]
    scopes: tuple[Scope, ...]
    #: Roles that are granted but rest until a second factor is shown or the given password is changed.
    resting_roles: frozenset[Role] = frozenset()
    has_second_factor: bool = False
    #: Whether this session showed a code of the second factor.
    second_factor_shown: bool = False
    must_change_password: bool = False
    session_id: int | None = None
    token_scopes: frozenset[str] = field(default=frozenset())
    #: When the session or token was last written as used (UTC).
    last_seen_at: datetime | None = None
    #: flask-login's three questions.
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False


def find_person_by_session(token: str) -> Person | None:
    """Who holds the session of this cookie token; None when it ended, was idle too long or the person is disabled."""
    rows = db.session.execute(
        _person_columns(
            UserSession.id.label("carrier_id"),
            UserSession.created_at,
            UserSession.last_seen_at,
            UserSession.expires_at,
            UserSession.second_factor_at,
        )
        .join(UserSession, UserSession.user_id == User.id)
        .where(UserSession.token_hash == digest(token))
    ).all()
    if not rows:
        return None
    first = rows[0]
    granted = _scopes(rows)
    limits = limits_for(_roles(granted))
    now = clock.now()
    alive_until = min(first.expires_at, first.created_at + limits.absolute, first.last_seen_at + limits.idle)
    if now >= alive_until:
        return None
    return _person(
        rows, session_id=first.carrier_id, proved=first.second_factor_at is not None, last_seen_at=first.last_seen_at
    )


def find_person_by_api_token(token: str) -> Person | None:
    """Whose token this is; None when it is unknown, revoked or expired or the person is disabled."""
    rows = db.session.execute(
        _person_columns(ApiToken.scopes.label("token_scopes"), ApiToken.last_used_at)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(
            ApiToken.token_hash == digest(token),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.now()),
        )
    ).all()
    if not rows:
        return None
    first = rows[0]
    return _person(
        rows,
        proved=first.totp_secret is not None,
        last_seen_at=first.last_used_at,
        token_scopes=frozenset(first.token_scopes.split()),
    )


def _person_columns(*carrier: ColumnElement[Any] | Any) -> Select[Any]:
    """One row per grant in force (or one without): person, grant and what carries the sign-in."""
    return (
        select(
            User.id,
            User.name,
            User.locale,
            User.totp_secret,
            User.must_change_password,
            Grant.role,
            Grant.unit_id,
            Grant.subject_id,
            *carrier,
        )
        .select_from(User)
        .outerjoin(Grant, and_(Grant.user_id == User.id, Grant.revoked_at.is_(None)))
        .where(User.is_enabled)
        .order_by(Grant.id)
    )


def _scopes(rows: Any) -> tuple[Scope, ...]:
    return tuple(
        Scope(role=row.role, unit_id=row.unit_id, subject_id=row.subject_id) for row in rows if row.role is not None
    )


def _roles(scopes: tuple[Scope, ...]) -> frozenset[Role]:
    return frozenset(scope.role for scope in scopes) | {Role.BUYER}


def _person(rows: Any, *, proved: bool, **more: Any) -> Person:
    first = rows[0]
    granted = _scopes(rows)
    active = tuple(scope for scope in granted if _is_awake(scope.role, first.must_change_password, proved))
    return Person(
        id=first.id,
        name=first.name,
        locale=first.locale,
        roles=_roles(active),
        scopes=active,
        resting_roles=_roles(granted) - _roles(active),
        has_second_factor=first.totp_secret is not None,
        second_factor_shown=proved,
        must_change_password=first.must_change_password,
        **more,
    )


def _is_awake(role: Role, must_change_password: bool, proved: bool) -> bool:
    if role == Role.BUYER:
        return True
    return not must_change_password and (proved or role not in SECOND_FACTOR_ROLES)


# -- accounts ------------------------------------------------------------------------------------------------------


def get_user(user_id: int) -> User:
    """The account. Raises ``NotFound`` (``person_unknown``)."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("person_unknown")
    return user


def find_user_by_identifier(typed: str) -> User | None:
    """The account behind a phone number (in any usual writing) or an e-mail address."""
    name = normal_identifier(typed)
    column = User.email if "@" in name else User.phone
    return db.session.scalars(select(User).where(column == name)).one_or_none()


def normal_identifier(typed: str) -> str:
    """The one writing of a sign-in name: E.164 for a phone, lower case for an address, else as typed."""
    text = typed.strip().lower()[:254]
    if "@" in text:
        return text
    try:
        return parse_phone(text)
    except Invalid:
        return text


def list_people(search: str = "", *, limit: int = 50) -> list[User]:
    """People whose name, phone or address holds ``search``, newest first."""
    statement = select(User).order_by(User.id.desc()).limit(limit)
    wanted = search.strip()
    if wanted:
        pattern = f"%{_escaped(wanted.lower())}%"
        digits = "".join(letter for letter in wanted if letter.isdigit()).removeprefix("0")
        found = [func.lower(User.name).like(pattern, escape="\\"), User.email.like(pattern, escape="\\")]
        if len(digits) >= 3:
            found.append(User.phone.like(f"%{digits}%"))
        statement = statement.where(or_(*found))
    return list(db.session.scalars(statement))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def list_grants(user_id: int) -> list[Grant]:
    """Grants in force of one person, oldest first."""
    statement = select(Grant).where(Grant.user_id == user_id, Grant.revoked_at.is_(None)).order_by(Grant.id)
    return list(db.session.scalars(statement))


def units_of_grants(user_id: int) -> dict[int, AdminUnit]:
    """The administrative units in which the person is an officer, by id."""
    statement = select(AdminUnit).join(Grant, Grant.unit_id == AdminUnit.id).where(Grant.user_id == user_id)
    return {unit.id: unit for unit in db.session.scalars(statement)}


def list_holders(role: Role, *, subject_id: int | None = None, unit_id: int | None = None) -> list[User]:
    """Enabled people who hold ``role`` in this scope now, by name: the team of a producer, the vendors of a stall."""
    statement = (
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(User.is_enabled, Grant.role == role, Grant.revoked_at.is_(None))
    )
    if subject_id is not None:
        statement = statement.where(Grant.subject_id == subject_id)
    if unit_id is not None:
        statement = statement.where(Grant.unit_id == unit_id)
    people = db.session.scalars(statement.distinct())
    return sorted(people, key=lambda user: (fold(user.name), user.id))


def holders_by_subject(role: Role, subject_ids: Collection[int]) -> dict[int, list[User]]:
    """By subject: the enabled people who hold ``role`` there now, by name; every subject is a key."""
    statement = (
        select(Grant.subject_id, User)
        .join(User, Grant.user_id == User.id)
        .where(User.is_enabled, Grant.role == role, Grant.revoked_at.is_(None), Grant.subject_id.in_(subject_ids))
    )
    people: dict[int, set[User]] = {subject_id: set() for subject_id in subject_ids}
    for subject_id, user in db.session.execute(statement):
        if subject_id is not None:
            people[subject_id].add(user)
    return {key: sorted(found, key=lambda user: (fold(user.name), user.id)) for key, found in people.items()}


def list_sessions(user_id: int) -> list[UserSession]:
    """Sessions that have not ended, last used first."""
    statement = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.expires_at > clock.now())
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return list(db.session.scalars(statement))


def list_api_tokens(user_id: int) -> list[ApiToken]:
    """Tokens that are not revoked, newest first."""
    statement = (
        select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id.desc())
    )
    return list(db.session.scalars(statement))


def wrong_tries(*conditions: ColumnElement[bool]) -> tuple[int, datetime | None]:
    """How many sign-in tries answer to ``conditions``, and the moment of the last."""
    count, last = db.session.execute(select(func.count(), func.max(SignInTry.at)).where(*conditions)).one()
    return count, last
