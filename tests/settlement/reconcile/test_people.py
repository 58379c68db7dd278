"""People who explain differences, partners who do not answer, and the worker's daily turn."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.outbox import handlers
from marketplace.payments.models import Payment
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import (
    DifferenceKind,
    DifferenceState,
    Outcome,
    StatementDifference,
)
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.services import differences as difference_services
from tests.factories.accounts import UserFactory
from tests.payments.conftest import NOON, make_payment, movement
from tests.payments.shop import OURS, Shop
from tests.settlement.reconcile.steps import TODAY, invent_receipt, kinds, listed_by_bank, rows, transfer


def person() -> int:
    with transaction():
        made = UserFactory()
        db.session.flush()
        return int(made.id)


def test_a_difference_is_taken_and_explained_with_a_reason(unclear: int) -> None:
    operator = person()
    assert [difference.owner_id for difference in queries.open_differences()] == [None]
    with transaction():
        difference_services.take(unclear, actor_id=operator)
    assert [difference.owner_id for difference in queries.open_differences()] == [operator]
    with transaction():
        difference_services.resolve(unclear, reason="Khách chuyển nhầm, đã trả lại", actor_id=operator)
    with pytest.raises(Conflict, match="difference_closed"), transaction():
        difference_services.resolve(unclear, reason="noch einmal", actor_id=operator)
    assert reconcile().outcome is Outcome.CLEAN
    row = db.session.get_one(StatementDifference, unclear)
    assert (row.state, row.owner_id) == (DifferenceState.RESOLVED, operator)


def test_an_explained_difference_opens_again_when_its_facts_change(shop: Shop) -> None:
    invent_receipt("FT-X", 40_000)
    reconcile()
    row = db.session.scalars(select(StatementDifference)).one()
    operator, number = person(), row.id
    with transaction():
        difference_services.resolve(number, reason="bank books tomorrow", actor_id=operator)
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=41_000, transfer_code="")
    listed_by_bank(movement(payee, bank_reference="FT-X"))
    assert reconcile().outcome is Outcome.DIFFERENCES
    assert rows(DifferenceState.GONE) == [(DifferenceKind.MISSING_THERE, "FT-X")]
    assert rows() == [(DifferenceKind.AMOUNT, "FT-X")]


def test_who_does_not_answer_is_named_and_nothing_of_theirs_is_closed(unclear: int, shop: Shop) -> None:
    shop.fault("bank", "500", count=50)
    done = reconcile()
    assert done.outcome is Outcome.UNANSWERED and [words.split(":")[0] for words in done.silent] == ["bank"]
    assert kinds() == [DifferenceKind.UNAPPLIED]
    shop.fault("stripe", "500", count=50)
    assert [words.split(":")[0] for words in reconcile().silent] == ["bank", "gateway"]


def command(context: Flask, *args: str) -> tuple[int, str]:
    result = context.test_cli_runner().invoke(args=["settlement", "reconcile", *args])
    return result.exit_code, result.output


def test_the_command_says_how_it_ended(shop: Shop, context: Flask) -> None:
    assert command(context)[0] == 0
    transfer(shop, make_payment(), memo="tra tien")
    shop.deliver()
    status, output = command(context, "--day", TODAY.isoformat())
    assert status == 1 and "1 new" in output and "unapplied" in output and "1 open" in output
    shop.fault("bank", "500", count=50)
    status, output = command(context)
    assert status == 2 and "No answer from bank" in output
    assert command(context, "--day", "2027-01-01")[0] == 2


def test_the_worker_compares_once_a_day_and_a_forgotten_one_is_told(shop: Shop) -> None:
    task = next(task for task in handlers.tasks() if task.name == "settlement.reconcile")
    assert queries.is_overdue()
    task.run()
    task.run()
    db.session.rollback()
    first = queries.last_run()
    assert first is not None and first.id == 1 and not queries.is_overdue()
    db.session.rollback()
    with clock.frozen(NOON + timedelta(hours=24)):
        task.run()
        db.session.rollback()
        again = queries.last_run()
        assert again is not None and again.id == 2
    with clock.frozen(NOON + timedelta(hours=51)):
        assert queries.is_overdue()


def test_a_run_without_the_banks_answer_does_not_count_as_one(shop: Shop) -> None:
    shop.fault("bank", "500", count=50)
    reconcile()
    assert queries.is_overdue()
    shop.clear_faults()
    reconcile()
    assert not queries.is_overdue()
