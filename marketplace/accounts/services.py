"""The verbs of people: register, sign in and out, grant and revoke, tokens. They flush and never commit."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries
from marketplace.accounts.errors import TooManyTries
from marketplace.accounts.models import ApiToken, Grant, SignInTry, User, UserSession
from marketplace.accounts.tokens import digest, new_api_token, new_token
from marketplace.audit.services import record
from marketplace.core import clock
from marketplace.core.db import changed_one, db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.roles import OFFICERS, Role
from marketplace.places.models import AdminUnit, Level

#: Wrong tries older than this are forgotten.
TRY_WINDOW = timedelta(minutes=30)
#: Wrong tries of one account from one address (and of one address in all) that cost nothing.
FREE_TRIES, FREE_TRIES_PER_ADDRESS = 4, 40
#: How often "last used" is written for a session or token.
SEEN_EVERY = timedelta(minutes=1)

_LEVEL_OF = {Role.COMMUNE_OFFICER: Level.COMMUNE, Role.PROVINCE_OFFICER: Level.PROVINCE}
_WITH_SUBJECT = frozenset({Role.PRODUCER, Role.VENDOR, Role.MARKET_MANAGER})


# -- people --------------------------------------------------------------------------------------------------------


def register_person(
    *,
    name: str,
    password_hash: str,
    phone: str | None = None,
    email: str | None = None,
    locale: str = "vi",
    is_illustrative: bool = False,
    must_change_password: bool = False,
) -> User:
    """A new account. ``phone`` is E.164, ``email`` lower case; one of them is needed.

    ``password_hash`` comes from ``passwords.hash_password``, made before the transaction.
    Raises ``Conflict`` (``account_taken``) when the phone or address is in use, ``Invalid`` when both are missing.
    """
    if phone is None and email is None:
        raise Invalid("phone_or_email_needed", field="phone")
    user = User(
        name=name,
        phone=phone,
        email=email,
        password_hash=password_hash,
        locale=locale,
        is_illustrative=is_illustrative,
        must_change_password=must_change_password,
        created_at=clock.now(),
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict("account_taken") from error
    record("person.registered", object_type="user_account", object_id=user.id, actor_id=user.id)
    return user


def change_person(user_id: int, *, name: str, locale: str) -> None:
    """What a person may change about themselves without a password."""
    user = queries.get_user(user_id)
    user.name, user.locale = name, locale
    db.session.flush()


def set_password(user_id: int, password_hash: str, *, actor_id: int | None, is_temporary: bool = False) -> None:
    """Store a new password and end every session: copied cookies die with the old one (ASVS 7.4.3)."""
    user = queries.get_user(user_id)
    user.password_hash = password_hash
    user.must_change_password = is_temporary
    end_all_sessions(user_id)
    action = "password.reset" if is_temporary else "password.changed"
    record(action, object_type="user_account", object_id=user_id, actor_id=actor_id)


def renew_hash(user_id: int, *, old: str, new: str) -> None:
    """Replace the hash of an unchanged password by one of today's cost, unless the password was changed meanwhile."""
    changed_one(update(User).where(User.id == user_id, User.password_hash == old).values(password_hash=new))


def set_enabled(user_id: int, is_enabled: bool, *, actor_id: int) -> None:
    """Let a person in or keep them out from the next request on. Nobody disables themselves."""
    if user_id == actor_id:
        raise Conflict("not_oneself")
    user = queries.get_user(user_id)
    if user.is_enabled == is_enabled:
        return
    user.is_enabled = is_enabled
    if not is_enabled:
        end_all_sessions(user_id)
    action = "person.enabled" if is_enabled else "person.disabled"
    record(action, object_type="user_account", object_id=user_id, actor_id=actor_id)


# -- wrong tries ---------------------------------------------------------------------------------------------------


def count_try(identifier: str, address: str) -> int:
    """Count a try before it is judged, so that tries at the same moment cannot slip through; return its id.

    From the fifth wrong one on, the same account from the same address must wait longer each time (5 s, 10 s … 15
    min), and so must an address that guesses at many accounts. The owner at another address is not held up (S04).
    Raises ``TooManyTries``.
    """
    now, name = clock.now(), _hashed_name(identifier)
    recent = SignInTry.at > now - TRY_WINDOW
    from_here = SignInTry.address == address
    tries = [
        (queries.wrong_tries(recent, from_here, SignInTry.identifier_hash == name), FREE_TRIES),
        (queries.wrong_tries(recent, from_here), FREE_TRIES_PER_ADDRESS),
    ]
    waits = [_wait_until(count, last, free=free) for (count, last), free in tries]
    longest = max((moment for moment in waits if moment is not None), default=now)
    if longest > now:
        raise TooManyTries(int((longest - now).total_seconds()) + 1)
    row = SignInTry(identifier_hash=name, address=address, at=now)
    db.session.add(row)
    db.session.flush()
    return row.id


def forgive_tries(identifier: str, address: str) -> None:
    """The right password was shown: forget the wrong tries of this account from this address."""
    db.session.execute(
        delete(SignInTry).where(SignInTry.identifier_hash == _hashed_name(identifier), SignInTry.address == address)
    )


def forget_old() -> None:
    """Delete tries that no longer count, and sessions that ended."""
    now = clock.now()
    db.session.execute(delete(SignInTry).where(SignInTry.at <= now - TRY_WINDOW))
    db.session.execute(delete(UserSession).where(UserSession.expires_at <= now))


def _wait_until(count: int, last: datetime | None, *, free: int) -> datetime | None:
    if last is None or count <= free:
        return None
    return last + timedelta(seconds=min(5 * 2 ** (count - free - 1), 900))


def _hashed_name(identifier: str) -> str:
    return hashlib.sha256(queries.normal_identifier(identifier).encode(errors="surrogatepass")).hexdigest()


# -- sessions ------------------------------------------------------------------------------------------------------


def sign_in(user_id: int, *, second_factor: bool) -> str:
    """Open a session for a person who has proved who they are; return the token for the cookie.

    ``second_factor``: a code was shown, too. Without it the roles that need one rest.
    """
    now = clock.now()
    roles = frozenset(grant.role for grant in queries.list_grants(user_id))
    token = new_token()
    session = UserSession(
        user_id=user_id,
        token_hash=digest(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + queries.limits_for(roles).absolute,
        second_factor_at=now if second_factor else None,
    )
    db.session.add(session)
    db.session.flush()
    record("person.signed_in", object_type="user_account", object_id=user_id, actor_id=user_id, session_id=session.id)
    return token


def sign_out(token: str) -> None:
    """End the session of this cookie token; a copy of the cookie is worth nothing from now on."""
    db.session.execute(delete(UserSession).where(UserSession.token_hash == digest(token)))


def end_session(user_id: int, session_id: int) -> None:
    """End one session of the person. Raises ``NotFound`` for one that is not theirs."""
    if not changed_one(delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)):
        raise NotFound("session_unknown")


def end_all_sessions(user_id: int) -> None:
    """Sign the person out everywhere."""
    db.session.execute(delete(UserSession).where(UserSession.user_id == user_id))


def mark_session_seen(session_id: int) -> None:
    """Write that the session was used, at most once a minute."""
    now = clock.now()
    due = (UserSession.id == session_id, UserSession.last_seen_at <= now - SEEN_EVERY)
    changed_one(update(UserSession).where(*due).values(last_seen_at=now))


# -- the second factor ---------------------------------------------------------------------------------------------


def enable_totp(user_id: int, *, secret: str, step: int) -> None:
    """Bind an authenticator app whose code of time step ``step`` was just shown; ends every session.

    Raises ``Conflict`` (``second_factor_exists``) when the person has one already.
    """
    free = (User.id == user_id, User.totp_secret.is_(None))
    if not changed_one(update(User).where(*free).values(totp_secret=secret, totp_last_step=step)):
        raise Conflict("second_factor_exists")
    end_all_sessions(user_id)
    record("second_factor.enabled", object_type="user_account", object_id=user_id, actor_id=user_id)


def reset_totp(user_id: int, *, actor_id: int) -> None:
    """Take a lost second factor away; the person binds a new one at the next sign-in. Raises ``NotFound``."""
    queries.get_user(user_id)
    changed_one(update(User).where(User.id == user_id).values(totp_secret=None, totp_last_step=None))
    end_all_sessions(user_id)
    record("second_factor.reset", object_type="user_account", object_id=user_id, actor_id=actor_id)


def use_totp_step(user_id: int, step: int) -> bool:
    """Take a time step for this person; False when it or a later one was used before: a code works once (S07)."""
    fresh = (User.id == user_id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
    return changed_one(update(User).where(*fresh).values(totp_last_step=step))


# -- roles ---------------------------------------------------------------------------------------------------------


def grant_role(
    user_id: int, role: Role, *, unit_id: int | None = None, subject_id: int | None = None, actor_id: int | None
) -> Grant:
    """Give a person a role in a scope; the grant in force when they hold it already.

    Officers need a unit of their level, producer members, vendors and market managers a subject, others neither.
    Raises ``Invalid`` (``grant_scope_wrong``, ``unit_level_wrong``) or ``NotFound``.
    """
    queries.get_user(user_id)
    if (unit_id is not None) != (role in OFFICERS) or (subject_id is not None) != (role in _WITH_SUBJECT):
        raise Invalid("grant_scope_wrong", field="role")
    if unit_id is not None:
        unit = db.session.get(AdminUnit, unit_id)
        if unit is None or unit.level != _LEVEL_OF[role]:
            raise Invalid("unit_level_wrong", field="unit_code")
    held = next(
        (g for g in queries.list_grants(user_id) if (g.role, g.unit_id, g.subject_id) == (role, unit_id, subject_id)),
        None,
    )
    if held is not None:
        return held
    grant = Grant(
        user_id=user_id,
        role=role,
        unit_id=unit_id,
        subject_id=subject_id,
        granted_by_id=actor_id,
        granted_at=clock.now(),
    )
    db.session.add(grant)
    db.session.flush()
    _record_grant("role.granted", grant, actor_id)
    return grant


def revoke_role(grant_id: int, *, user_id: int, actor_id: int | None) -> None:
    """Take a role away from a person, from the next request on.

    Raises ``NotFound`` (``grant_unknown``) or ``Conflict`` (``last_operator``).
    """
    ours = (Grant.id == grant_id, Grant.user_id == user_id, Grant.revoked_at.is_(None))
    grant = db.session.scalars(select(Grant).where(*ours).with_for_update()).one_or_none()
    if grant is None:
        raise NotFound("grant_unknown")
    if grant.role == Role.OPERATOR:
        _keep_one_operator()
    grant.revoked_at = clock.now()
    db.session.flush()
    _record_grant("role.revoked", grant, actor_id)


def _keep_one_operator() -> None:
    in_force = (Grant.role == Role.OPERATOR, Grant.revoked_at.is_(None))
    holders = db.session.scalars(select(Grant.user_id).where(*in_force).order_by(Grant.id).with_for_update()).all()
    if len(set(holders)) < 2:
        raise Conflict("last_operator")


def _record_grant(action: str, grant: Grant, actor_id: int | None) -> None:
    record(
        action,
        object_type="user_account",
        object_id=grant.user_id,
        actor_id=actor_id,
        role=grant.role.value,
        unit_id=grant.unit_id,
        subject_id=grant.subject_id,
    )


# -- tokens for programs -------------------------------------------------------------------------------------------


def create_api_token(
    user_id: int, *, name: str, scopes: frozenset[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token for a program: the row, and the token itself, which is shown once and never again.

    ``scopes``: ``read``, ``write`` or both. Raises ``Invalid`` (``choice_unknown``), ``Conflict`` (``tokens_many``).
    """
    if not scopes or not scopes <= {"read", "write"}:
        raise Invalid("choice_unknown", field="scopes")
    held = select(func.count()).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    if (db.session.scalar(held) or 0) >= 20:
        raise Conflict("tokens_many")
    token = new_api_token()
    row = ApiToken(
        user_id=user_id,
        name=name,
        prefix=token[:12],
        token_hash=digest(token),
        scopes=" ".join(sorted(scopes)),
        created_at=clock.now(),
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    record("api_token.created", object_type="api_token", object_id=row.id, actor_id=user_id, scopes=row.scopes)
    return row, token


def revoke_api_token(user_id: int, token_id: int) -> None:
    """End a token of the person at once. Raises ``NotFound`` for one that is not theirs or ended before."""
    ours = (ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    if not changed_one(update(ApiToken).where(*ours).values(revoked_at=clock.now())):
        raise NotFound("token_unknown")
    record("api_token.revoked", object_type="api_token", object_id=token_id, actor_id=user_id)


def mark_token_used(token: str) -> None:
    """Write that the token was used, at most once a minute."""
    now = clock.now()
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at <= now - SEEN_EVERY)
    changed_one(update(ApiToken).where(ApiToken.token_hash == digest(token), stale).values(last_used_at=now))
