"""The shop's processes as ``make run`` starts them, each in a group of its own, to be killed with SIGKILL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import requests

from tests.journeys.running import ROOT, free_port
from tests.proof.outside import BANK_KEY, NOTICE_SECRET, STRIPE_KEY, WEBHOOK_SECRET

WEB, WORKER, SANDBOX, CARELESS_WEB = "web", "worker", "sandbox", "careless web"
_PATIENCE = 90


class Processes:
    """Web, worker and sandbox over the database of ``settings``; ``folder`` takes the sandbox's file and their log.

    Names are those of ``nursery.KINDS``.
    """

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        port, sandbox = free_port(), free_port()
        self.url, self.sandbox_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}"
        self.sandbox_file, self._log = folder / "sandbox.db", folder / "processes.log"
        self._running: dict[str, int] = {}
        env = {
            **os.environ,
            "APP_ENV": "testing",
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox),
            "PUBLIC_URL": self.url,
            "STRIPE_API_BASE": self.sandbox_url,
            "BANK_API_BASE": f"{self.sandbox_url}/bank",
            "STRIPE_API_KEY": STRIPE_KEY,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "BANK_API_KEY": BANK_KEY,
            "BANK_NOTICE_SECRET": NOTICE_SECRET,
            "SANDBOX_PUBLIC_URL": self.sandbox_url,
            "SANDBOX_WEBHOOK_URL": f"{self.url}/webhooks/stripe",
            "SANDBOX_BANK_NOTICE_URL": f"{self.url}/webhooks/bank",
            "SANDBOX_RETRY_SCALE": "0.1",
            "SANDBOX_DATABASE": str(self.sandbox_file),
            **settings,
        }

        with self._log.open("a") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.loop.nursery"],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self, *names: str) -> None:
        """Start these processes."""
        asked, answers = self._nursery.stdin, self._nursery.stdout
        assert asked is not None and answers is not None
        for name in names:
            asked.write(f"{name}\n")
            asked.flush()
            self._running[name] = int(answers.readline())

    def kill(self, *names: str) -> None:
        """Kill these processes with SIGKILL, with all of their children, all before the end of one is waited for."""
        ids = [self._running.pop(name) for name in names]
        for number in ids:
            os.killpg(number, signal.SIGKILL)
        for number in ids:
            while _is_there(number):
                time.sleep(0.005)  # the kernel takes its sockets back

    def end(self, name: str) -> None:
        """Ask a process to end, with SIGTERM, and wait until it did."""
        number = self._running.pop(name)
        os.killpg(number, signal.SIGTERM)
        while _is_there(number):
            time.sleep(0.005)  # it finishes what it has in hand

    def wait_until_ready(self) -> None:
        """Wait until shop and sandbox answer. Raises ``RuntimeError`` with the end of their logs."""
        deadline = time.monotonic() + _PATIENCE
        for address in (f"{self.url}/readyz", f"{self.sandbox_url}/"):
            while not _answers(address):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{address} does not answer: {self.logs()[-3000:]}")
                time.sleep(0.05)  # a process that starts

    def stop(self) -> None:
        """Kill whatever runs."""
        self.kill(*self._running)

    def close(self) -> None:
        """Let go of everything."""
        self.stop()
        self._nursery.kill()
        self._nursery.communicate()

    def logs(self) -> str:
        """What all of them wrote."""
        return self._log.read_text(errors="replace")


def _is_there(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False
