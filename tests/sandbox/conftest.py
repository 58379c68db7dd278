"""A sandbox that sends to two inboxes: ``events`` for Stripe's webhooks, ``notices`` for the bank's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox import judge
from tests.sandbox.server import Inbox, Sandbox, start_sandbox


@pytest.fixture
def events() -> Iterator[Inbox]:
    """Where the Stripe events arrive."""
    inbox = Inbox().start()
    yield inbox
    inbox.stop()


@pytest.fixture
def notices() -> Iterator[Inbox]:
    """Where the bank notices arrive."""
    inbox = Inbox().start()
    yield inbox
    inbox.stop()


@pytest.fixture
def sandbox(tmp_path: Path, events: Inbox, notices: Inbox) -> Iterator[Sandbox]:
    """A running sandbox that delivers when told to; whatever it answered is weighed by Stripe's schemas at the end."""
    running = start_sandbox(tmp_path, webhook_url=events.url, bank_notice_url=notices.url)
    yield running
    running.stop()
    if (stripe := judge.load()) is not None:
        assert stripe.all_faults(running.exchanges) == []
