"""Doors: sign in (password, then a code where one is needed), sign out, sign up."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from marketplace.accounts import flows, queries, second_factor
from marketplace.accounts.forms import CodeForm, SignInForm, SignUpForm
from marketplace.accounts.models import User
from marketplace.accounts.queries import Person
from marketplace.accounts.views.base import blueprint, enter, leave, page, refuse, remote_address, to
from marketplace.core import clock
from marketplace.core.errors import DomainError
from marketplace.core.roles import WORKERS
from marketplace.web import auth
from marketplace.web.access import PUBLIC, allow
from marketplace.web.limits import limiter
from marketplace.web.redirects import own_path

#: How long the second step may follow the first.
SECOND_STEP = timedelta(minutes=5)


@blueprint.get("/sign-in")
@allow(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for phone or e-mail and password. Query: ``next``, a path of this site."""
    target = own_path(request.args.get("next"), "")
    if auth.current_user() is not None:
        return to(target or url_for("accounts.account"))
    return page("accounts/sign_in.html", SignInForm(data={"next": target}), **_links())


@blueprint.post("/sign-in")
@allow(PUBLIC)
def sign_in_post() -> ResponseReturnValue:
    """Check phone or e-mail and password; the second step follows for those who have one."""
    form = SignInForm()
    if not form.validate_on_submit():
        return page("accounts/sign_in.html", form, **_links())
    typed = form.loaded
    target = own_path(typed["next"], "")
    try:
        proved = flows.prove_password(typed["identifier"], typed["password"], address=remote_address())
        if not proved.needs_code:
            return _welcome(enter(flows.sign_in_with_password(proved.user_id)), target)
    except DomainError as error:
        return refuse(form, error, "accounts/sign_in.html", **_links())
    leave()
    session["second_step"] = {"user_id": proved.user_id, "at": clock.now().isoformat()}
    return to(url_for("accounts.sign_in_code", next=target or None))


@blueprint.get("/sign-in/code")
@allow(PUBLIC)
def sign_in_code() -> ResponseReturnValue:
    """Ask for the code of the second factor."""
    user = _waiting_person()
    if user is None:
        return _start_again()
    form = CodeForm(data={"next": own_path(request.args.get("next"), "")})
    return page("accounts/sign_in_code.html", form, demo_code=_demo_code(user))


@blueprint.post("/sign-in/code")
@allow(PUBLIC)
def sign_in_code_post() -> ResponseReturnValue:
    """Check the code and open the session."""
    user = _waiting_person()
    if user is None:
        return _start_again()
    form, demo_code = CodeForm(), _demo_code(user)
    if not form.validate_on_submit():
        return page("accounts/sign_in_code.html", form, demo_code=demo_code)
    try:
        token = flows.sign_in_with_code(user.id, form.loaded["code"], address=remote_address())
    except DomainError as error:
        return refuse(form, error, "accounts/sign_in_code.html", demo_code=demo_code)
    return _welcome(enter(token), own_path(form.loaded["next"], ""))


@blueprint.post("/sign-out")
@allow(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    leave()
    session.clear()
    return to("/")


@blueprint.get("/sign-up")
@allow(PUBLIC)
def sign_up() -> ResponseReturnValue:
    """Ask a new buyer for name, phone and password."""
    return page("accounts/sign_up.html", SignUpForm(), **_links())


@blueprint.post("/sign-up")
@allow(PUBLIC)
@limiter.limit("60 per hour")
def sign_up_post() -> ResponseReturnValue:
    """Register a buyer. A phone that has an account already gets the same answer (S05)."""
    form = SignUpForm()
    if not form.validate_on_submit():
        return page("accounts/sign_up.html", form, **_links())
    try:
        flows.register(**form.loaded, locale=str(get_locale()))
    except DomainError as error:
        return refuse(form, error, "accounts/sign_up.html", **_links())
    flash(_("Your account is ready. Please sign in. If you registered this number before, use your earlier password."))
    return to(url_for("accounts.sign_in"))


def _welcome(person: Person | None, target: str) -> ResponseReturnValue:
    if person is not None and person.must_change_password:
        return to(url_for("accounts.password"))
    if person is not None and person.resting_roles:
        return to(url_for("accounts.second_factor_page"))
    works_here = person is not None and person.roles & WORKERS
    return to(target or (url_for("desk.home") if works_here else "/"))


def _waiting_person() -> User | None:
    """Whoever showed the right password less than five minutes ago in this browser."""
    step = session.get("second_step")
    if step is None or clock.now() - datetime.fromisoformat(step["at"]) >= SECOND_STEP:
        return None
    user = queries.get_user(step["user_id"])
    return user if user.is_enabled and user.totp_secret else None


def _start_again() -> ResponseReturnValue:
    session.pop("second_step", None)
    flash(_("Please sign in again: the second step took too long."), "warning")
    return to(url_for("accounts.sign_in"))


def _demo_code(user: User) -> str | None:
    """The code of an invented person, on a demonstration only (production refuses the setting)."""
    if not (current_app.config["SHOW_DEMO_LOGINS"] and user.is_illustrative and user.totp_secret):
        return None
    return second_factor.next_code(user.totp_secret, clock.now(), after=user.totp_last_step)


def _links() -> dict[str, Any]:
    views = current_app.view_functions
    return {"producer_sign_up": url_for("producers.register") if "producers.register" in views else None}
