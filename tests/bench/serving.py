"""Servers and load: gunicorn with the same settings for each, wrk with the same load for each."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WRK_THREADS = 2
CONNECTIONS = 16


@dataclass(frozen=True)
class Load:
    """What one round of load came to: answers per second, answers that were no 2xx or never came, p99 in ms."""

    rate: float
    failed: int
    p99: float


@contextmanager
def served(module: str, settings: Mapping[str, str]) -> Iterator[str]:
    """The WSGI application ``module`` behind gunicorn (gthread, two workers of four threads); yields its address."""
    port = _free_port()
    command = ["gunicorn", "-k", "gthread", "-w", "2", "--threads", "4", "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", module]
    env = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=env)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def load(address: str, lines: Path, seconds: int) -> Load:
    """Send the requests of the file ``lines`` for ``seconds``."""
    script = Path(__file__).with_name("requests.lua")
    command = ["wrk", f"-t{WRK_THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
    command += ["-s", str(script), address, "--", str(lines), str(WRK_THREADS)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    told = json.loads(output.strip().splitlines()[-1])
    return Load(told["requests"] / told["microseconds"] * 1e6, told["failed"], told["p99"] / 1000)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"gunicorn stopped with code {process.returncode}")
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # our own loopback address
            return
        except urllib.error.HTTPError:
            return  # it answers, and that is what was asked
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
