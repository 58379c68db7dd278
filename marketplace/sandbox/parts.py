"""What the pages work with, hung into the app once."""

from dataclasses import dataclass

from flask import Flask, current_app

from .delivery import Courier
from .faults import Faults
from .settings import Settings
from .store import Store

_NAME = "sandbox"


@dataclass(frozen=True, slots=True)
class Parts:
    """The sandbox's store, settings, faults and courier."""

    store: Store
    settings: Settings
    faults: Faults
    courier: Courier


def hang(app: Flask, chosen: Parts) -> None:
    """Give the app its parts."""
    app.extensions[_NAME] = chosen


def parts_of(app: Flask) -> Parts:
    """The parts of an app made by ``create_sandbox``."""
    found = app.extensions[_NAME]
    assert isinstance(found, Parts)  # noqa: S101  # a fact for the type checker
    return found


def parts() -> Parts:
    """The parts of the app that answers this request."""
    return parts_of(current_app)
