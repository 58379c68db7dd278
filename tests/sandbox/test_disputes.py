"""Disputes: evidence, the bank's verdict by the documented words, giving up, and the question that takes no money."""

from typing import Any

import pytest
import stripe

from tests.sandbox.server import Sandbox
from tests.sandbox.test_sdk import PAID, connect


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK against the sandbox."""
    return connect(sandbox)


def disputed(sandbox: Sandbox, client: Any, card: str = "createDispute") -> Any:
    """The dispute of a charge that was just paid."""
    client.payment_intents.create({**PAID, "payment_method": f"pm_card_{card}"})
    sandbox.pass_time(10)
    return client.disputes.list().data[0]


def money(client: Any) -> int:
    return int(client.balance.retrieve().available[0].amount)


@pytest.mark.parametrize(("words", "status", "back"), [("winning_evidence", "won", 1), ("losing_evidence", "lost", 0)])
def test_evidence_decides_a_dispute(sandbox: Sandbox, client: Any, words: str, status: str, back: int) -> None:
    dispute = disputed(sandbox, client)
    assert (dispute.status, money(client), dispute.balance_transactions[0].amount) == (
        "needs_response", 0, -dispute.amount
    )  # fmt: skip
    sent = client.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}, "metadata": {"a": "1"}})
    assert (sent.status, sent.evidence_details.submission_count, sent.metadata.a) == ("under_review", 1, "1")
    sandbox.pass_time(10)
    after = client.disputes.retrieve(dispute.id)
    assert (after.status, money(client)) == (status, back * dispute.amount)
    told = [event.type.removeprefix("charge.dispute.") for event in client.events.list({"type": "charge.dispute.*"})]
    assert told == [*["funds_reinstated"] * back, "closed", "updated", "funds_withdrawn", "created"]
    for refused in (
        lambda: client.disputes.close(dispute.id),
        lambda: client.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "more"}}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            refused()


def test_evidence_is_staged_and_other_words_stay_under_review(sandbox: Sandbox, client: Any) -> None:
    dispute = disputed(sandbox, client, "createDisputeProductNotReceived")
    assert dispute.reason == "product_not_received"
    staged = client.disputes.update(dispute.id, {"evidence": {"customer_name": "Hoa"}, "submit": False})
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    client.disputes.update(dispute.id, {"submit": True})
    sandbox.pass_time(10)
    assert client.disputes.retrieve(dispute.id).status == "under_review"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.disputes.update(dispute.id, {"evidence": {"colour": "red"}})
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", "evidence[colour]")


def test_giving_up_leaves_the_money_with_the_cardholder(sandbox: Sandbox, client: Any) -> None:
    dispute = disputed(sandbox, client)
    assert (client.disputes.close(dispute.id).status, money(client)) == ("lost", 0)


def test_a_question_takes_no_money_and_forbids_no_refund(sandbox: Sandbox, client: Any) -> None:
    dispute = disputed(sandbox, client, "createDisputeInquiry")
    assert (dispute.status, dispute.is_charge_refundable, money(client)) == (
        "warning_needs_response", True, dispute.amount
    )  # fmt: skip
    assert client.refunds.create({"charge": dispute.charge}).status == "succeeded"
    assert client.disputes.close(dispute.id).status == "warning_closed"
