"""The account that a producer's money goes to: entered by the team, verified by somebody else, rested for 48 hours."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from marketplace.accounts.models import User
from marketplace.audit.queries import list_events
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.roles import Role
from marketplace.outbox.models import OutboxMessage
from marketplace.producers import queries, services
from marketplace.producers.account_steps import BankAccount
from marketplace.producers.models import PayoutAccount, PayoutAccountState, Producer
from tests.factories.accounts import GrantFactory, UserFactory
from tests.factories.producers import ProducerFactory, operator
from tests.signing_in import post_form, signed_in, user_id_of

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
BANK = BankAccount("999999", "1234 5678 90", "Hợp tác xã Cây Lành")


@pytest.fixture
def producer_id(app: Flask) -> int:
    with app.app_context(), transaction():
        return int(ProducerFactory().id)


@pytest.fixture
def typist(app: Flask) -> int:
    with app.app_context(), transaction():
        return int(UserFactory().id)


@pytest.fixture
def checker(app: Flask) -> int:
    with app.app_context(), transaction():
        return int(UserFactory().id)


def enter(producer_id: int, actor_id: int, bank: BankAccount = BANK) -> PayoutAccount:
    with transaction():
        producer = db.session.get_one(Producer, producer_id)
        return services.change_payout_account(producer, bank, actor_id=actor_id, our_bin="999999")


def verify(account_id: int, actor_id: int, number: str = "1234567890") -> PayoutAccount:
    with transaction():
        return services.verify_payout_account(account_id, by=operator(actor_id), number=number)


def test_an_account_is_kept_as_banks_write_it_and_waits(context: Flask, producer_id: int, typist: int) -> None:
    with clock.frozen(NOON):
        account = enter(producer_id, typist)
    assert (account.bank_bin, account.account_number, account.holder) == ("999999", "1234567890", "HOP TAC XA CAY LANH")
    assert account.masked_number == "•••• 7890"
    assert (account.state, account.rests_until) == (PayoutAccountState.WAITING, NOON + timedelta(hours=48))
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.topic == "payout_account.changed")).one()
    assert message.key == f"payout_account.changed:{account.id}"
    (event,) = list_events("producer", producer_id)
    assert (event.action, event.actor_id) == ("payout_account.changed", typist)
    assert "1234567890" not in event.detail + message.payload


@pytest.mark.parametrize(
    ("bank", "field", "code"),
    [
        (BankAccount("99999", "1234567890", "LAN"), "bank_bin", "payout_bin_unreadable"),
        (BankAccount("999998", "1234567890", "LAN"), "bank_bin", "payout_bin_not_simulated"),
        (BankAccount("999999", "12345", "LAN"), "account_number", "payout_account_unreadable"),
        (BankAccount("999999", "1234567890", "王"), "holder", "payout_holder_unreadable"),
    ],
)
def test_what_no_bank_would_take_is_refused_at_its_field(
    context: Flask, producer_id: int, typist: int, bank: BankAccount, field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        enter(producer_id, typist, bank)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert queries.find_payout_account(producer_id) is None


def test_another_bank_can_be_named_where_nothing_is_simulated(context: Flask, producer_id: int, typist: int) -> None:
    with transaction():
        producer = db.session.get_one(Producer, producer_id)
        bank = BankAccount("970400", "1234567890", "LAN")
        assert services.change_payout_account(producer, bank, actor_id=typist, our_bin="970400").bank_bin == "970400"


def test_the_second_person_types_the_number_blind(context: Flask, producer_id: int, typist: int, checker: int) -> None:
    account = enter(producer_id, typist)
    with pytest.raises(Invalid, match="payout_account_differs"):
        verify(account.id, checker, "1234567891")
    verify(account.id, checker, "1234.567.890")
    assert (account.state, account.decided_by_id) == (PayoutAccountState.VERIFIED, checker)
    with pytest.raises(Conflict, match="payout_account_decided"):
        verify(account.id, checker)


def test_who_typed_it_or_acts_for_the_producer_cannot_verify(
    context: Flask, producer_id: int, typist: int, checker: int
) -> None:
    account = enter(producer_id, typist)
    with pytest.raises(Forbidden, match="payout_account_own"):
        verify(account.id, typist)
    with transaction():
        GrantFactory(user=db.session.get_one(User, checker), role=Role.PRODUCER, subject_id=producer_id)
    with pytest.raises(Forbidden, match="payout_account_own"):
        verify(account.id, checker)
    db.session.refresh(account)
    assert account.state == PayoutAccountState.WAITING


def test_without_the_service_the_database_still_wants_a_second_person(
    context: Flask, producer_id: int, typist: int
) -> None:
    account = enter(producer_id, typist)
    with pytest.raises(IntegrityError, match="second_person"), transaction():
        account = db.session.get_one(PayoutAccount, account.id)
        account.state, account.decided_by_id, account.decided_at = PayoutAccountState.VERIFIED, typist, clock.now()


def test_an_account_may_be_paid_after_48_hours_not_a_second_earlier(
    context: Flask, producer_id: int, typist: int, checker: int
) -> None:
    with clock.frozen(NOON):
        account = enter(producer_id, typist)
        assert not account.may_be_paid(NOON + timedelta(days=9))
        verify(account.id, checker)
    assert not account.may_be_paid(NOON + timedelta(hours=48, seconds=-1))
    assert account.may_be_paid(NOON + timedelta(hours=48))


def test_a_change_replaces_the_account_and_rests_anew(
    context: Flask, producer_id: int, typist: int, checker: int
) -> None:
    with clock.frozen(NOON):
        former = enter(producer_id, typist)
        verify(former.id, checker)
    with clock.frozen(NOON + timedelta(days=30)):
        assert enter(producer_id, typist).id == former.id, "the same account again changes nothing"
        newer = enter(producer_id, checker, BankAccount("999999", "9876543210", "LAN"))
    db.session.refresh(former)
    assert former.state == PayoutAccountState.REPLACED
    assert not former.may_be_paid(NOON + timedelta(days=60))
    assert newer.rests_until == NOON + timedelta(days=32)
    assert [account.id for account in queries.list_payout_accounts(producer_id)] == [newer.id, former.id]


def test_a_refused_account_tells_why_and_can_be_entered_again(
    context: Flask, producer_id: int, typist: int, checker: int
) -> None:
    account = enter(producer_id, typist)
    with pytest.raises(Invalid, match="reason_needed"), transaction():
        services.refuse_payout_account(account.id, by=operator(checker), reason=" ")
    with transaction():
        services.refuse_payout_account(account.id, by=operator(checker), reason="Tên chủ tài khoản khác.")
    assert (account.state, account.reason) == (PayoutAccountState.REFUSED, "Tên chủ tài khoản khác.")
    assert enter(producer_id, typist).id != account.id


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE payout_account SET account_number = '6666666666'",
        "UPDATE payout_account SET rests_until = changed_at",
        "DELETE FROM payout_account",
    ],
)
def test_what_was_entered_cannot_be_changed_in_the_database(
    context: Flask, producer_id: int, typist: int, spoil: str
) -> None:
    enter(producer_id, typist)
    with pytest.raises(DatabaseError), transaction():
        db.session.execute(text(spoil))
    account = queries.find_payout_account(producer_id)
    assert account is not None and account.account_number == "1234567890"


def test_the_database_takes_no_shorter_rest(context: Flask, producer_id: int, typist: int) -> None:
    values = {"producer_id": producer_id, "bank_bin": "999999", "account_number": "1234567890", "holder": "LAN"}
    early = NOON + timedelta(hours=47)
    with pytest.raises(IntegrityError, match="rest"), transaction():
        db.session.add(
            PayoutAccount(**values, state="waiting", changed_by_id=typist, changed_at=NOON, rests_until=early)
        )


# -- pages ---------------------------------------------------------------------------------------------------------

TYPED = {"bank_bin": "999999", "account_number": "1234567890", "holder": "HTX CAY LANH"}


def test_a_member_enters_the_account_and_sees_it_masked(app: Flask, producer_id: int) -> None:
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    address = f"/my/producers/{producer_id}/payout-account"
    assert post_form(member, address, TYPED).headers["Location"] == address
    page = member.get(address).text
    assert "•••• 7890" in page and "1234567890" not in page and "HTX CAY LANH" in page


def test_a_mistake_keeps_what_was_typed_and_names_the_field(app: Flask, producer_id: int) -> None:
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    answer = post_form(member, f"/my/producers/{producer_id}/payout-account", TYPED | {"bank_bin": "12"})
    assert answer.status_code == 422
    assert 'value="12"' in answer.text and 'value="HTX CAY LANH"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_neighbours_account_is_not_found(app: Flask, producer_id: int) -> None:
    neighbour = signed_in(app, Role.PRODUCER)
    address = f"/my/producers/{producer_id}/payout-account"
    assert neighbour.get(address).status_code == 404
    assert post_form(neighbour, address, TYPED).status_code == 404


def test_an_operator_verifies_or_refuses_on_the_page(app: Flask, producer_id: int) -> None:
    member = signed_in(app, Role.PRODUCER, subject_id=producer_id)
    address = f"/my/producers/{producer_id}/payout-account"
    post_form(member, address, TYPED)
    someone = signed_in(app, Role.OPERATOR)
    with app.app_context():
        account_id = db.session.scalars(select(PayoutAccount.id)).one()
    assert "1234567890" not in someone.get("/operator/payout-accounts").text
    door = f"/operator/payout-accounts/{account_id}"
    wrong = post_form(someone, f"{door}/verify", {"account_number": "111 222"})
    assert wrong.status_code == 422 and 'value="111 222"' in wrong.text
    assert post_form(someone, f"{door}/refuse", {"reason": ""}).status_code == 422
    assert post_form(someone, f"{door}/verify", {"account_number": "1234567890"}).status_code == 303
    with app.app_context():
        found = db.session.get_one(PayoutAccount, account_id)
        assert (found.state, found.decided_by_id) == (PayoutAccountState.VERIFIED, user_id_of(someone))
    assert post_form(someone, f"{door}/refuse", {"reason": "muộn"}).status_code == 409
