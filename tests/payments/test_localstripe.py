"""Our client against another's pretend gateway (PyPI: localstripe), which refuses parameters that it does not know."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from marketplace.core.money import Dong
from marketplace.payments.errors import GatewayRefused
from marketplace.payments.gateway import Gateway
from tests.journeys.running import free_port

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("localstripe") is None, reason="localstripe is not installed: pip install localstripe"
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A client of a localstripe that begins with nothing."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "localstripe"), "--port", str(port), "--from-scratch"]
    env = {**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("localstripe"))}  # it keeps its state there
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/", process)
        yield Gateway(f"http://127.0.0.1:{port}", "sk_test_12345")
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(address, timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    pytest.fail("localstripe did not start")


def test_a_payment_and_its_refund_speak_the_protocol(gateway: Gateway) -> None:
    paid = gateway.pay(Dong(150_000), payment_method="pm_card_visa", reference="ref-1", idempotency_key="key-1")
    assert (paid.status, paid.amount, paid.received, paid.currency, paid.reference) == (
        "succeeded",
        150_000,
        150_000,
        "vnd",
        "ref-1",
    )
    assert gateway.retrieve_intent(paid.id) == paid
    refund = gateway.refund(paid.id, Dong(50_000), reference="refund-1", idempotency_key="key-2")
    assert (refund.amount, refund.intent_id, refund.reference) == (50_000, paid.id, "refund-1")
    assert [found.id for found in gateway.refunds_of(paid.id)] == [refund.id]


def test_an_intent_that_is_none_is_a_clear_refusal(gateway: Gateway) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.retrieve_intent("pi_nobody")
    assert refused.value.facts["http_status"] == 404
