"""The sandbox while the demonstration is loaded: the running one, or one started for these minutes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def answering_sandbox(env: Mapping[str, str]) -> Iterator["Bank"]:
    """The bank of an answering sandbox. One that is started here delivers nothing: its notices wait for the shop."""
    base = env["BANK_API_BASE"]
    bank = Bank(base, env["BANK_API_KEY"])
    if bank.answers():
        yield bank
        return
    command = [sys.executable, "-m", "marketplace.sandbox"]
    process = subprocess.Popen(  # noqa: S603  # our own module
        command,
        cwd=ROOT,
        env={**os.environ, **env, "SANDBOX_DELIVER": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(bank, process)
        yield bank
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(bank: "Bank", process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not bank.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the sandbox did not start; is its port free?")
        time.sleep(0.2)


class Bank:
    """The simulated bank as its customers use it."""

    def __init__(self, base: str, key: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {key}"

    def answers(self) -> bool:
        """Whether the sandbox answers at its address."""
        try:
            return self.session.get(f"{self.base}/v1/statement", params={"limit": 1}, timeout=2).ok
        except requests.RequestException:
            return False

    def pay(self, *, bank_bin: str, account: str, amount: int, memo: str, at: datetime, payer: str) -> dict[str, Any]:
        """Transfer ``amount`` dong at the bank's time ``at``; the movement as the bank writes it."""
        body = {
            "bin": bank_bin,
            "account": account,
            "amount": amount,
            "memo": memo,
            "transacted_at": at.isoformat(),
            "payer_name": payer,
            "payer_account": "0000000000",
        }
        answer = self.session.post(f"{self.base}/v1/transfers", json=body, timeout=10)
        answer.raise_for_status()
        return dict(answer.json())
