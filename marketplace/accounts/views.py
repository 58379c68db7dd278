"""Doors: signing in and out."""

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

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
    """Good bye."""
    return redirect("/", 303)
