"""A whole running shop for tests: migrated, seeded, with web, worker and sandbox as processes of their own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class RunningShop:
    """Addresses and files of a running shop."""

    url: str
    sandbox_url: str
    env: dict[str, str]
    folder: Path

    def flask(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run ``flask …`` on the shop's database, or with other ``settings`` of the environment."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env | settings, capture_output=True, text=True, check=False)


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_shop(folder: Path) -> Iterator[RunningShop]:
    """Migrate, seed and start a shop in ``folder``; stop all of its processes afterwards."""
    port, sandbox = free_port(), free_port()
    given = {name: value for name, value in os.environ.items() if name not in ("TEST_DATABASE_URL", "DATABASE_URL")}
    given.update(INSTANCE_PATH=str(folder), PORT=str(port), SANDBOX_PORT=str(sandbox), APP_ENV="development")
    for name in ("PUBLIC_URL", "STRIPE_API_BASE", "BANK_API_BASE", "BANK_APP_URL"):
        given.pop(name, None)
    log = (folder / "run.log").open("w")
    command = [sys.executable, "-m", "marketplace.launch", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=subprocess.STDOUT)
    url, sandbox_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox}"
    try:
        for address in (f"{url}/readyz", f"{sandbox_url}/"):
            _wait_for(address, process, folder / "run.log")
        yield RunningShop(url=url, sandbox_url=sandbox_url, env=_environment(given), folder=folder)
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _environment(given: dict[str, str]) -> dict[str, str]:
    from marketplace.launch import surroundings

    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(given)
    try:
        return surroundings()
    finally:
        os.environ.clear()
        os.environ.update(before)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path, seconds: int = 300) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the shop stopped while starting:\n{log.read_text()[-3000:]}")
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.3)
    raise RuntimeError(f"{address} did not answer:\n{log.read_text()[-3000:]}")
