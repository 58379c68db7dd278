"""Tells the application who a session belongs to."""

from flask import Flask
from flask_login import LoginManager

login_manager = LoginManager()


def register(app: Flask) -> None:
    """Bind sign-in to the application."""
    login_manager.init_app(app)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_person(_token: str) -> None:
    """Nobody is signed in yet."""
    return
