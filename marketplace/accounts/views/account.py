"""Doors: one's own account: name, password, second factor, sessions, tokens."""

from typing import Any

import segno
from flask import flash, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace.accounts import flows, queries, second_factor, services
from marketplace.accounts.forms import ROLE_WORDS, PasswordForm, ProfileForm, SecondFactorForm, TokenForm
from marketplace.accounts.views.base import blueprint, enter, me, page, refuse, remote_address, to
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError
from marketplace.web.access import SIGNED_IN, allow


@blueprint.get("/account")
@allow(SIGNED_IN)
def account() -> ResponseReturnValue:
    """Everything the house knows about the person who asks, and how to change it."""
    person = me()
    return _account(ProfileForm(data={"name": person.name, "locale": person.locale}), TokenForm(formdata=None))


@blueprint.post("/account")
@allow(SIGNED_IN)
def change_profile() -> ResponseReturnValue:
    """Change name and language."""
    form, person = ProfileForm(), me()
    if not form.validate_on_submit():
        return _account(form, TokenForm(formdata=None), status=422)
    with transaction():
        services.change_person(person.id, **form.loaded)
    flash(_("Saved."))
    return to(url_for("accounts.account"))


@blueprint.post("/account/sessions/<int:session_id>/end")
@allow(SIGNED_IN)
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign out one of one's own devices."""
    person = me()
    with transaction():
        services.end_session(person.id, session_id)
    flash(_("That device is signed out."))
    return to(url_for("accounts.account"))


@blueprint.post("/account/tokens")
@allow(SIGNED_IN)
def create_token() -> ResponseReturnValue:
    """Make a token for a program; the answer to this request is the only place where it is shown."""
    form, person = TokenForm(), me()
    if not form.validate_on_submit():
        return _account(_profile_of(person.name, person.locale), form, status=422)
    scopes = frozenset(form.loaded["scopes"].split())
    with transaction():
        _row, token = services.create_api_token(person.id, name=form.loaded["name"], scopes=scopes)
    return _account(_profile_of(person.name, person.locale), TokenForm(formdata=None), status=201, new_token=token)


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@allow(SIGNED_IN)
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End one of one's own tokens at once."""
    person = me()
    with transaction():
        services.revoke_api_token(person.id, token_id)
    flash(_("The token is worth nothing from now on."))
    return to(url_for("accounts.account"))


@blueprint.get("/account/password")
@allow(SIGNED_IN)
def password() -> ResponseReturnValue:
    """Ask for the present and the new password."""
    return page("accounts/password.html", PasswordForm(), person=me())


@blueprint.post("/account/password")
@allow(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change the password; every other device is signed out."""
    form, person = PasswordForm(), me()
    if not form.validate_on_submit():
        return page("accounts/password.html", form, person=person)
    try:
        token = flows.change_password(
            person.id,
            old=form.loaded["old_password"],
            new=form.loaded["password"],
            address=remote_address(),
            second_factor_shown=person.second_factor_shown,
        )
    except DomainError as error:
        return refuse(form, error, "accounts/password.html", person=person)
    changed = enter(token)
    flash(_("Your password is changed. All other devices are signed out."))
    waits = changed is not None and changed.resting_roles
    return to(url_for("accounts.second_factor_page" if waits else "accounts.account"))


@blueprint.get("/account/second-factor")
@allow(SIGNED_IN)
def second_factor_page() -> ResponseReturnValue:
    """Show a fresh secret for an authenticator app, as a QR code and as letters."""
    if me().has_second_factor:
        return to(url_for("accounts.account"))
    session["totp_secret"] = session.get("totp_secret") or second_factor.new_secret()
    return page("accounts/second_factor.html", SecondFactorForm(), **_secret_shown())


@blueprint.post("/account/second-factor")
@allow(SIGNED_IN)
def connect_second_factor() -> ResponseReturnValue:
    """Connect the app by password and first code; every other device is signed out."""
    person, form = me(), SecondFactorForm()
    if "totp_secret" not in session:
        return to(url_for("accounts.second_factor_page"))
    if not form.validate_on_submit():
        return page("accounts/second_factor.html", form, **_secret_shown())
    try:
        token = flows.bind_second_factor(
            person.id,
            secret=session["totp_secret"],
            typed=form.loaded["code"],
            password=form.loaded["old_password"],
            address=remote_address(),
        )
    except DomainError as error:
        return refuse(form, error, "accounts/second_factor.html", **_secret_shown())
    enter(token)
    flash(_("The app is connected. From now on we ask for its code at sign-in."))
    return to(url_for("accounts.account"))


def _secret_shown() -> dict[str, Any]:
    user = queries.get_user(me().id)
    secret = session["totp_secret"]
    address = second_factor.address_for_app(secret, user.phone or user.email or user.name, _("OCOP marketplace"))
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4)
    return {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), "picture": picture}


def _profile_of(name: str, locale: str) -> ProfileForm:
    return ProfileForm(formdata=None, data={"name": name, "locale": locale})


def _account(
    form: ProfileForm, token_form: TokenForm, *, status: int = 200, new_token: str | None = None
) -> ResponseReturnValue:
    person = me()
    return page(
        "accounts/account.html",
        form,
        status=status,
        token_form=token_form,
        new_token=new_token,
        person=person,
        user=queries.get_user(person.id),
        sessions=queries.list_sessions(person.id),
        tokens=queries.list_api_tokens(person.id),
        role_words=ROLE_WORDS,
    )
