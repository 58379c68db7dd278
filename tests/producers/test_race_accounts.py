"""A producer's account is changed by everybody at once, or changed while another person verifies the former one (I34).

Nothing but the last account is in force afterwards, and nobody has verified an account that was replaced before.
"""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.audit.queries import check_chain
from marketplace.core.db import db, retrying, transaction
from marketplace.core.errors import Conflict
from marketplace.producers import services
from marketplace.producers.account_steps import AccountSteps, BankAccount
from marketplace.producers.models import PayoutAccount, PayoutAccountState, Producer
from tests.factories.accounts import UserFactory
from tests.factories.producers import ProducerFactory, operator
from tests.racing import PROCESSES, Racers

ROUNDS = 6
CONTROL_ROUNDS = 4
NUMBER = "2200000007"
#: A producer, and its account that waits for a second person.
Round = tuple[int, int]

pytestmark = pytest.mark.race


# -- turns: what each process does ---------------------------------------------------------------------------------


def change(people: list[int], this: Round, number: int) -> str:
    """Everybody names an account of the own."""

    def write() -> None:
        with transaction():
            producer = db.session.get_one(Producer, this[0])
            bank = BankAccount("999999", f"{NUMBER}{number}", "HTX CAY LANH")
            services.change_payout_account(producer, bank, actor_id=people[number], our_bin="999999")

    try:
        retrying(write)
    except IntegrityError:
        return "the database"
    return "changed"


def change_or_verify(people: list[int], this: Round, number: int) -> str:
    """One names another account; the others verify the one that they were told about."""
    if number == 0:
        return change(people, this, number)

    def write() -> None:
        with transaction():
            services.verify_payout_account(this[1], by=operator(people[number]), number=NUMBER)

    try:
        retrying(write)
    except Conflict as refused:
        return refused.code
    except IntegrityError:
        return "the database"
    return "verified"


def change_what_was_seen(people: list[int], this: Round, number: int) -> str:
    """The control: the account in force is the one of a moment ago, not the one that the lock has waited for."""
    seen = _in_force(this[0])
    db.session.rollback()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AccountSteps, "_in_force", lambda *_values: db.session.get_one(PayoutAccount, seen))
        return change(people, this, number)


def verify_what_was_seen(people: list[int], this: Round, number: int) -> str:
    """The control: nobody looks again whether the account still waits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            AccountSteps, "_waiting", lambda _steps, account_id, _who: db.session.get(PayoutAccount, account_id)
        )
        return change_or_verify(people, this, number)


# -- the races -----------------------------------------------------------------------------------------------------


@pytest.fixture
def people(context: Flask) -> list[int]:
    with transaction():
        return [int(UserFactory().id) for _ in range(PROCESSES)]


def _rounds(rounds: int) -> list[Round]:
    """Producers with an account each that somebody has named."""
    with transaction():
        typist, producers = UserFactory().id, [ProducerFactory() for _ in range(rounds)]
        bank = BankAccount("999999", NUMBER, "HTX CAY LANH")
        named = [services.change_payout_account(each, bank, actor_id=typist, our_bin="999999") for each in producers]
        return [(account.producer_id, account.id) for account in named]


def _in_force(producer_id: int) -> int:
    found = select(PayoutAccount.id).where(PayoutAccount.producer_id == producer_id)
    return db.session.scalars(found.where(PayoutAccount.state != PayoutAccountState.REPLACED)).one()


def _accounts(producer_id: int) -> list[PayoutAccount]:
    found = select(PayoutAccount).where(PayoutAccount.producer_id == producer_id).order_by(PayoutAccount.id)
    return list(db.session.scalars(found))


def test_of_changes_at_once_the_last_one_is_in_force(people: list[int], racers: Racers) -> None:
    rounds = _rounds(ROUNDS)
    answers = racers.race(partial(change, people), rounds)
    assert answers == [["changed"] * PROCESSES] * ROUNDS
    for producer_id, _account_id in rounds:
        *former, last = _accounts(producer_id)
        assert [account.state for account in former] == [PayoutAccountState.REPLACED] * PROCESSES
        assert (last.state, last.decided_by_id) == (PayoutAccountState.WAITING, None)
    assert check_chain() == []


def test_without_looking_again_only_the_index_keeps_one_account_in_force(people: list[int], racers: Racers) -> None:
    rounds = _rounds(CONTROL_ROUNDS)
    answers = racers.race(partial(change_what_was_seen, people), rounds)
    assert "the database" in {answer for told in answers for answer in told}
    assert all(_in_force(producer_id) for producer_id, _account_id in rounds)


def test_an_account_is_verified_wholly_before_it_is_replaced_or_not_at_all(people: list[int], racers: Racers) -> None:
    rounds = _rounds(ROUNDS)
    answers = racers.race(partial(change_or_verify, people), rounds)
    for (producer_id, _account_id), told in zip(rounds, answers, strict=True):
        assert sorted(set(told) - {"verified"}) == ["changed", "payout_account_decided"]
        former, last = _accounts(producer_id)
        assert (former.state, last.state) == (PayoutAccountState.REPLACED, PayoutAccountState.WAITING)
        assert told.count("verified") == (former.decided_at is not None)
        assert former.decided_at is None or former.decided_at <= last.changed_at
    assert check_chain() == []


def test_without_looking_again_only_the_index_stops_who_verifies_too_late(people: list[int], racers: Racers) -> None:
    """Until the change several people verify one account, afterwards the former one would be in force again."""
    rounds = _rounds(CONTROL_ROUNDS)
    answers = racers.race(partial(verify_what_was_seen, people), rounds)
    assert {answer for told in answers for answer in told} <= {"changed", "verified", "the database"}
    assert all(told.count("verified") > 1 or "the database" in told for told in answers)
