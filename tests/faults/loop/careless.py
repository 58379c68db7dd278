"""The control: a server that says "done" at once and writes a little later, as one with a queue in memory would."""

import io
import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import waitress

from wsgi import app

Environment = dict[str, Any]
_later: "queue.Queue[Environment]" = queue.Queue()
#: Seconds between what was promised and doing it.
_DELAY = 1.0


def answer_first(environ: Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Promise a sale and put it aside; serve everything else as it is."""
    if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/api/v1/sales"):
        return app(environ, start_response)
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    _later.put({**environ, "wsgi.input": io.BytesIO(body)})
    start_response("201 CREATED", [("Content-Type", "application/json")])
    return [json.dumps({"state": "paid"}).encode()]


def _write_later() -> None:
    while True:
        environ = _later.get()
        time.sleep(_DELAY)
        list(app(environ, lambda *_answer: lambda _body: None))


def serve() -> None:
    """Serve the shop like this."""
    threading.Thread(target=_write_later, daemon=True).start()
    waitress.serve(answer_first, host="127.0.0.1", port=int(os.environ["PORT"]), threads=4)
