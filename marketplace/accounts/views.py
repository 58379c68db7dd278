"""Doors: signing in and out."""

import flask_login
from flask import Blueprint, redirect, session
from flask.typing import ResponseReturnValue

from marketplace.accounts import services
from marketplace.core.db import transaction
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/sign-in")
@allow(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Who are you?"""
    return redirect("/", 303)


@blueprint.post("/sign-out")
@allow(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End the session on the server and in the browser."""
    token = session.get("_user_id")
    if token is not None:
        with transaction():
            services.sign_out(token)
    flask_login.logout_user()
    session.clear()
    return redirect("/", 303)
