"""What the doors of this room share: the blueprint, the browser's session, refusals beside a form."""

from typing import Any

import flask_login
from flask import Blueprint, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries, services
from marketplace.accounts.errors import HashingBusy, TooManyTries
from marketplace.accounts.queries import STRICT, Person
from marketplace.core.db import transaction
from marketplace.core.errors import DomainError, Invalid
from marketplace.web import auth
from marketplace.web.forms import SchemaForm
from marketplace.web.messages import say_error

blueprint = Blueprint("accounts", __name__)

#: What a person may take along into a new session: the guest's basket and the like, but nothing of this room.
_OF_THIS_ROOM = ("_user_id", "_fresh", "_id", "csrf_token", "second_step", "totp_secret")


def enter(token: str) -> Person | None:
    """Put a new session's token into the browser; the session before it, if any, ends (no fixation, S12)."""
    leave()
    session["_user_id"] = token
    person = queries.find_person_by_session(token)
    if person is not None:
        session.permanent = queries.limits_for(person.roles | person.resting_roles) is not STRICT
    return person


def leave() -> None:
    """End the browser's session on the server and forget it here."""
    token = session.get("_user_id")
    if token is not None:
        with transaction():
            services.sign_out(token)
    flask_login.logout_user()
    for name in _OF_THIS_ROOM:
        session.pop(name, None)


def me() -> Person:
    """The person behind this request, with what only this room knows of them."""
    person = auth.require_user()
    assert isinstance(person, Person)  # noqa: S101  # the loader of this room made it
    return person


def page(template: str, form: SchemaForm | None = None, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    """A page of this room; 422 when its form was sent and refused."""
    refused = form is not None and form.is_submitted() and status == 200
    return make_response(render_template(template, form=form, **values), 422 if refused else status)


def refuse(form: SchemaForm, error: DomainError, template: str, **values: Any) -> ResponseReturnValue:
    """The page again, with the refusal beside the form; says when to come back where that is the answer."""
    if isinstance(error, Invalid):
        form.refuse(error)
    else:
        form.form_errors.append(say_error(error))
    response = make_response(render_template(template, form=form, **values), error.status)
    if isinstance(error, TooManyTries):
        response.headers["Retry-After"] = str(error.seconds)
    elif isinstance(error, HashingBusy):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def remote_address() -> str:
    """The address that asks (proxies already taken off)."""
    return (request.remote_addr or "")[:45]


def to(target: str) -> ResponseReturnValue:
    """303: look there next."""
    return redirect(target, 303)
