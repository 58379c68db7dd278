"""Servers in a thread of the tests' own process, which end at once."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from socketserver import BaseServer
from typing import Any

from werkzeug.serving import make_server


@dataclass
class Served:
    """A server that serves in its thread until it is told to stop."""

    server: BaseServer
    thread: threading.Thread

    @property
    def port(self) -> int:
        """Where on 127.0.0.1 it listens."""
        return int(self.server.server_address[1])

    @property
    def base_url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it. A caller wakes it, or it would look only after its pause whether it is to end."""
        ending = threading.Thread(target=self.server.shutdown)
        ending.start()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=10):
            ending.join(timeout=10)
        self.thread.join(timeout=10)
        self.server.server_close()


def serve(server: BaseServer) -> Served:
    """Let ``server`` serve in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    return Served(server, thread)


def serve_application(application: Any) -> Served:
    """Serve a WSGI application on a free port."""
    return serve(make_server("127.0.0.1", 0, application, threaded=True))
