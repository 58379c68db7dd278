"""The sandbox's application: store, faults, courier, and the three doors (``/v1``, ``/bank/v1``, pages)."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, request

from . import pages
from .bank import api as bank_api
from .broken import broken_answer
from .delivery import Courier
from .faults import BrokenAnswer, Faults
from .parts import Parts, hang
from .settings import Settings, read_settings
from .store import Store
from .stripe import idempotency
from .stripe.endpoints import register_default
from .stripe.objects import Call
from .stripe.views import Door

_ROOM = Path(__file__).resolve().parent
_LARGEST_BODY = 1024 * 1024


def create_sandbox(settings: Mapping[str, str] | Settings) -> Flask:
    """The sandbox as a WSGI application; ``settings`` as in ``read_settings``. Raises SettingsError.

    ``parts_of(app)`` gives its courier to tests. The courier's threads start with the app unless the settings
    say otherwise, so make the app in the process that serves it.
    """
    chosen = settings if isinstance(settings, Settings) else read_settings(settings)
    app = Flask(
        "marketplace.sandbox",
        static_folder=str(_ROOM.parent / "static" / "css"),
        static_url_path="/assets",
        template_folder=str(_ROOM.parent / "templates"),
    )
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.url_map.strict_slashes = False
    store, faults = Store(chosen.database), Faults()
    courier = Courier(store, chosen, faults)
    hang(app, Parts(store, chosen, faults, courier))
    idempotency.forget_unfinished(store)
    with store.write() as db:
        register_default(Call(db, chosen), chosen)
    Door(store, chosen, faults).register(app)
    app.register_blueprint(bank_api.api)
    pages.register(app)
    app.register_error_handler(BrokenAnswer, broken_answer)

    @app.after_request
    def ring(answer: Response) -> Response:
        if request.method == "POST":
            courier.ring()
        return answer

    if chosen.deliver:
        courier.start()
    return app
