"""The JSON face: one OpenAPI document, lists as ``{"items": [...], "next": ...}``, errors by ``web.errors``."""

from flask import Flask
from flask_smorest import Api

PREFIX = "/api/v1"


class QuietApi(Api):  # type: ignore[misc]  # flask-smorest carries no types
    """flask-smorest would answer JSON for every HTTP error of the site, pages included; ours has one error face."""

    def _register_error_handlers(self) -> None:
        return None


api = QuietApi()


def register(app: Flask) -> None:
    """Bind the API to the app and describe how programs prove who they are."""
    api.init_app(app)
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
