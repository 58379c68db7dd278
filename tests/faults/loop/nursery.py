"""Starts processes of the shop in milliseconds: everything is loaded once, and each process is a fork of that.

What runs in them is what the Procfile starts. One name per line on stdin; answers with the id of the new process, which
leads a group of its own.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping

from marketplace import launch
from marketplace.core.db import db
from marketplace.outbox import flows as outbox
from marketplace.sandbox import __main__ as sandbox
from tests.faults.loop import careless
from wsgi import app


def _work() -> None:
    with app.app_context():
        outbox.work(threading.Event())


KINDS: Mapping[str, Callable[[], object]] = {
    "web": launch.serve,
    "worker": _work,
    "sandbox": sandbox.main,
    "careless web": careless.serve,
}


def main() -> None:
    """Fork whatever is asked for until stdin ends."""
    with app.app_context():
        db.engine.dispose()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed leave no zombies
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.dup2(2, 1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            KINDS[line.strip()]()
            os._exit(0)
        print(child, flush=True)  # noqa: T201  # its answer


if __name__ == "__main__":
    main()
