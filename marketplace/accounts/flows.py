"""Use cases with a password in them: hash outside the transaction, write inside."""

from dataclasses import dataclass

from marketplace.accounts import passwords, queries, second_factor, services
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid


@dataclass(frozen=True)
class Proved:
    """Somebody showed the right password; ``needs_code`` when a second step has to follow."""

    user_id: int
    needs_code: bool


def register(*, name: str, password: str, phone: str | None, email: str | None, locale: str = "vi") -> bool:
    """Register a buyer. False when the phone or address has an account already: answer both alike (S05).

    Raises ``Invalid`` for a weak password.
    """
    own = tuple(part for part in (name, phone, email) if part)
    passwords.check_strength(password, own=own)
    hashed = passwords.hash_password(password)
    try:
        with transaction():
            services.register_person(name=name, phone=phone, email=email, password_hash=hashed, locale=locale)
    except Conflict:
        return False
    return True


def prove_password(identifier: str, password: str, *, address: str) -> Proved:
    """Check name and password; the same answer after the same time whether the account exists or not (S05).

    Raises ``Invalid`` (``sign_in_wrong``) or ``TooManyTries``.
    """
    with transaction():
        services.count_try(identifier, address)
    user = queries.find_user_by_identifier(identifier)
    user_id, stored = (user.id, user.password_hash) if user and user.is_enabled else (None, None)
    db.session.rollback()  # no read stays open while the hash is computed
    if not passwords.matches(stored, password) or user_id is None or stored is None:
        raise Invalid("sign_in_wrong")
    renewed = passwords.hash_password(password) if passwords.needs_new_hash(stored) else None
    with transaction():
        services.forgive_tries(identifier, address)
        if renewed:
            services.renew_hash(user_id, old=stored, new=renewed)
        proved_user = queries.get_user(user_id)
        return Proved(user_id=user_id, needs_code=proved_user.totp_secret is not None)


def sign_in_with_password(user_id: int) -> str:
    """Open a session after the password alone; return the cookie's token."""
    with transaction():
        return services.sign_in(user_id, second_factor=False)


def sign_in_with_code(user_id: int, typed: str, *, address: str) -> str:
    """Open a session after the password and a code of the second factor; return the cookie's token.

    Wrong codes are counted like wrong passwords. Raises ``Invalid`` (``code_wrong``) or ``TooManyTries``.
    """
    with transaction():
        services.count_try(_code_name(user_id), address)
    with transaction():
        user = queries.get_user(user_id)
        step = second_factor.matching_step(user.totp_secret or "", typed, clock.now()) if user.totp_secret else None
        if step is None or not user.is_enabled or not services.use_totp_step(user_id, step):
            raise Invalid("code_wrong", field="code")
        services.forgive_tries(_code_name(user_id), address)
        return services.sign_in(user_id, second_factor=True)


def bind_second_factor(user_id: int, *, secret: str, typed: str, password: str, address: str) -> str:
    """Bind an authenticator app by password and first code; every older session ends. Returns the new cookie token.

    Raises ``Invalid`` (``password_wrong``, ``code_wrong``), ``Conflict`` (``second_factor_exists``), ``TooManyTries``.
    """
    _show_password_again(user_id, password, address)
    step = second_factor.matching_step(secret, typed, clock.now())
    if step is None:
        raise Invalid("code_wrong", field="code")
    with transaction():
        services.enable_totp(user_id, secret=secret, step=step)
        return services.sign_in(user_id, second_factor=True)


def change_password(user_id: int, *, old: str, new: str, address: str, second_factor_shown: bool) -> str:
    """Change the own password after showing the old one; ends every session. Returns the new cookie token.

    Raises ``Invalid`` (``password_wrong``, ``password_same``, or a weak new one) or ``TooManyTries``.
    """
    user = queries.get_user(user_id)
    own = tuple(part for part in (user.name, user.phone, user.email) if part)
    _show_password_again(user_id, old, address)
    if old == new:
        raise Invalid("password_same", field="password")
    passwords.check_strength(new, own=own)
    hashed = passwords.hash_password(new)
    with transaction():
        services.set_password(user_id, hashed, actor_id=user_id)
        return services.sign_in(user_id, second_factor=second_factor_shown)


def give_temporary_password(user_id: int, *, actor_id: int | None) -> str:
    """Replace a forgotten password by a random one that must be changed at the next sign-in; shown once."""
    password = passwords.random_password()
    hashed = passwords.hash_password(password)
    with transaction():
        services.set_password(user_id, hashed, actor_id=actor_id, is_temporary=True)
    return password


def _show_password_again(user_id: int, password: str, address: str) -> None:
    """Ask a signed-in person for the password once more, counting wrong tries (ASVS 7.5.1)."""
    name = f"password:{user_id}"
    stored = queries.get_user(user_id).password_hash
    with transaction():
        services.count_try(name, address)
    if not passwords.matches(stored, password):
        raise Invalid("password_wrong", field="old_password")
    with transaction():
        services.forgive_tries(name, address)


def _code_name(user_id: int) -> str:
    return f"code:{user_id}"
