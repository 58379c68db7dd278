"""``python -m marketplace.sandbox``: serve the sandbox with one process and many threads."""

import os
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from .app import create_sandbox
from .parts import parts_of
from .settings import Settings, SettingsError, read_settings


class _Server(BaseApplication):  # type: ignore[misc]  # the package carries no types
    """gunicorn, set up in code: one worker, because the courier and the faults live in it."""

    def __init__(self, settings: Settings, address: str) -> None:
        self._settings = settings
        self._address = address
        super().__init__()

    def load_config(self) -> None:
        chosen: dict[str, Any] = {
            "bind": self._address,
            "workers": 1,
            "worker_class": "gthread",
            "threads": 16,
            "timeout": 0,
            "graceful_timeout": 5,
            "control_socket_disable": True,
            "worker_exit": _rest,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_sandbox(self._settings)


def _rest(_server: Any, worker: Any) -> None:
    if isinstance(app := getattr(worker, "wsgi", None), Flask):
        parts_of(app).courier.stop()


def main() -> int:
    """Serve until stopped; 2 with one sentence when a setting is missing."""
    host, port = os.environ.get("SANDBOX_HOST", "127.0.0.1"), os.environ.get("SANDBOX_PORT", "8001")
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"The sandbox does not start: {error}\n")
        return 2
    _Server(settings, f"{host}:{port}").run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
