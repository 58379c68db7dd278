"""A stall's own account: the trader names it, another person verifies it, and only then codes lead there."""

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from marketplace.audit.models import AuditEvent
from marketplace.core import clock, vietqr
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden, Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.ledger import audit_checks
from marketplace.outbox.models import OutboxMessage
from marketplace.payments.models import Payment
from marketplace.producers.models import PayoutAccountState
from marketplace.stalls import queries, services
from marketplace.stalls.models import Means, SaleState, StallAccount, StickerResult
from marketplace.stalls.services import BankAccount, ReadAccount
from marketplace.stalls.services import accounts as guards
from tests.factories.accounts import UserFactory
from tests.factories.stalls import change_account, make_stall, sell
from tests.payments.conftest import receive
from tests.signing_in import post_form, signed_in
from tests.stalls.naming import MORNING, NEW, OLD, bare_stall, in_force, name, payee_of, person, refuse, verify


def test_a_first_account_takes_no_qr_until_it_is_verified_but_cash_is_taken(context: Flask) -> None:
    stall_id, trader = bare_stall(), person()
    account = name(stall_id, trader)
    assert (account.state, account.holder, in_force(stall_id)) == (PayoutAccountState.WAITING, "NGUYEN THI BA", None)
    with pytest.raises(Conflict, match="stall_account_waiting"):
        sell(stall_id, 1_000, Means.QR)
    with pytest.raises(Conflict, match="stall_account_waiting"), transaction():
        services.reserve_codes(stall_id, "phone", actor_id=trader)
    assert sell(stall_id, 1_000).state is SaleState.PAID
    stall = queries.get_stall(stall_id)
    assert (stall.takes_qr, stall.qr_since) == (False, None)
    verify(account, person())
    stall = queries.get_stall(stall_id)
    assert stall.takes_qr and stall.qr_since is not None
    assert payee_of(stall_id) == NEW
    assert audit_checks.run() == []


def test_without_the_guard_money_is_asked_for_on_an_unverified_account_and_the_audit_tells(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a QR sale of a stall whose account waits, with the guard off."""
    stall_id = bare_stall()
    name(stall_id, person())
    monkeypatch.setattr(queries, "why_no_code", lambda _stall: None)
    sell(stall_id, 1_000, Means.QR)
    assert {finding.check.name for finding in audit_checks.run()} == {"K03"}


def test_a_refused_first_account_says_why_and_another_one_can_be_named(context: Flask) -> None:
    stall_id, trader = bare_stall(), person()
    refused = refuse(name(stall_id, trader), person())
    assert (refused.state, refused.reason) == (PayoutAccountState.REFUSED, "Tên khác với căn cước")
    with pytest.raises(Conflict, match="stall_account_refused"):
        sell(stall_id, 1_000, Means.QR)
    verify(name(stall_id, trader, OLD), person(), OLD)
    assert payee_of(stall_id) == OLD
    states = [account.state for account in queries.list_stall_accounts(stall_id)]
    assert states == [PayoutAccountState.VERIFIED, PayoutAccountState.REFUSED]


def test_the_former_account_stays_in_force_until_the_new_one_is_verified(context: Flask) -> None:
    stall_id, trader = make_stall(bank_account=OLD), person()
    account = name(stall_id, trader)
    assert payee_of(stall_id) == OLD
    verify(account, person())
    assert payee_of(stall_id) == NEW
    former = queries.list_stall_accounts(stall_id)[-1]
    assert (former.account_number, former.state) == (OLD, PayoutAccountState.REPLACED)
    assert audit_checks.run() == []


def test_a_refused_change_leaves_the_account_in_force(context: Flask) -> None:
    stall_id = make_stall(bank_account=OLD)
    refuse(name(stall_id, person()), person())
    assert payee_of(stall_id) == OLD


def test_the_trader_takes_a_change_back_by_naming_the_account_in_force(context: Flask) -> None:
    stall_id, trader = make_stall(bank_account=OLD, bank_holder="NGUYEN THI BA"), person()
    waiting = name(stall_id, trader)
    assert name(stall_id, trader).id == waiting.id
    assert name(stall_id, trader, OLD).state is PayoutAccountState.VERIFIED
    assert queries.find_waiting_account(stall_id) is None
    with pytest.raises(Conflict, match="stall_account_decided"):
        verify(waiting, person())


@pytest.mark.parametrize(
    ("bank", "field", "code"),
    [
        (BankAccount("99999", NEW, "LAN"), "bank_bin", "bank_bin_unreadable"),
        (BankAccount("970436", NEW, "LAN"), "bank_bin", "bank_not_simulated"),
        (BankAccount("999999", "09 22", "LAN"), "bank_account", "bank_account_unreadable"),
        (BankAccount("999999", NEW, "王"), "bank_holder", "bank_holder_unreadable"),
    ],
)
def test_an_unusable_account_is_refused_beside_its_field(
    context: Flask, bank: BankAccount, field: str, code: str
) -> None:
    stall_id, trader = bare_stall(), person()
    with pytest.raises(Invalid, match=code) as refusal, transaction():
        services.name_account(stall_id, bank, actor_id=trader, by_trader=True)
    assert refusal.value.field == field
    assert queries.list_stall_accounts(stall_id) == []


# -- who may decide --------------------------------------------------------------------------------------------------


def test_nobody_verifies_what_they_typed_and_no_trader_verifies_for_the_own_stall(context: Flask) -> None:
    stall_id, trader = bare_stall(), person()
    account = name(stall_id, trader)
    with pytest.raises(Forbidden, match="stall_account_own"):
        verify(account, trader)
    with transaction():
        partner = UserFactory(phone="+84912345678")
        services.appoint_vendor(queries.get_stall(stall_id), "+84912345678", actor_id=None)
        partner_id = partner.id
    for decide in (verify, refuse):
        with pytest.raises(Forbidden, match="stall_account_own"):
            decide(account, partner_id)
    assert in_force(stall_id) is None


def test_without_the_guard_the_database_still_wants_a_second_person(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the service's guard off only the CHECK of the table is left."""
    stall_id, trader = bare_stall(), person()
    account = name(stall_id, trader)
    monkeypatch.setattr(guards, "_undecided", lambda account_id, _actor: queries.get_stall_account(account_id))
    with pytest.raises(IntegrityError, match="second_person"):
        verify(account, trader)
    db.session.rollback()
    assert in_force(stall_id) is None


def test_the_number_is_typed_blind_and_has_to_be_the_one_that_was_entered(context: Flask) -> None:
    stall_id = bare_stall()
    account = name(stall_id, person())
    with pytest.raises(Invalid, match="stall_account_differs"):
        verify(account, person(), "0922000223")
    assert in_force(stall_id) is None
    verify(account, person(), "0922 000 222")
    assert in_force(stall_id) == NEW


def test_a_decision_is_made_once_and_a_refusal_needs_its_reason(context: Flask) -> None:
    stall_id, manager = bare_stall(), person()
    account = name(stall_id, person())
    with pytest.raises(Invalid, match="reason_needed"):
        refuse(account, manager, "  ")
    verify(account, manager)
    for decide in (verify, refuse):
        with pytest.raises(Conflict, match="stall_account_decided"):
            decide(account, manager)
    with pytest.raises(NotFound, match="stall_account_unknown"), transaction():
        services.verify_account(999_999, actor_id=manager, number=NEW)


def test_only_the_trader_changes_an_account_and_repeats_what_the_management_typed(context: Flask) -> None:
    stall_id, manager = bare_stall(), person()
    typed = name(stall_id, manager, by_trader=False)
    with pytest.raises(Forbidden, match="bank_account_is_the_traders"):
        name(stall_id, manager, OLD, by_trader=False)
    repeated = name(stall_id, person())
    assert (repeated.id != typed.id, typed.state) == (True, PayoutAccountState.REPLACED)
    verify(repeated, manager)
    with pytest.raises(Forbidden, match="bank_account_is_the_traders"):
        name(stall_id, manager, OLD, by_trader=False)
    assert in_force(stall_id) == NEW


def test_an_account_that_was_taken_over_can_be_verified_later_but_not_refused(context: Flask) -> None:
    stall_id, manager = make_stall(bank_account=OLD), person()
    (account,) = queries.list_taken_over_accounts(queries.get_stall(stall_id).market_id)
    with pytest.raises(Conflict, match="stall_account_decided"):
        refuse(account, manager)
    assert in_force(stall_id) == OLD
    verify(account, manager, OLD)
    assert (account.is_taken_over, account.decided_by_id) == (True, manager)
    assert queries.list_taken_over_accounts(queries.get_stall(stall_id).market_id) == []


def test_who_named_and_who_decided_is_kept_and_announced(context: Flask) -> None:
    stall_id, trader, manager = bare_stall(), person(), person()
    refuse(name(stall_id, trader), manager)
    of_stall = (AuditEvent.object_type == "stall", AuditEvent.object_id == str(stall_id))
    kept = db.session.execute(select(AuditEvent.action, AuditEvent.actor_id).where(*of_stall).order_by(AuditEvent.id))
    assert [tuple(row) for row in kept] == [("stall_account.changed", trader), ("stall_account.refused", manager)]
    told = db.session.scalars(select(OutboxMessage.topic).where(OutboxMessage.topic.startswith("stall_account")))
    assert sorted(told) == ["stall_account.changed", "stall_account.refused"]


def test_what_was_entered_never_changes_and_one_account_waits_at_a_time(context: Flask) -> None:
    account_id = name(bare_stall(), person()).id
    for change in ("UPDATE stall_account SET account_number = '0666'", "DELETE FROM stall_account"):
        with pytest.raises(DatabaseError, match="entered once"), transaction():
            db.session.execute(text(change))
        db.session.rollback()
    found = queries.get_stall_account(account_id)
    twin = {column.key: getattr(found, column.key) for column in StallAccount.__table__.columns if column.key != "id"}
    with pytest.raises(IntegrityError), transaction():
        db.session.add(StallAccount(**twin))
    db.session.rollback()


# -- what was asked for before the change (ADR 0010) -----------------------------------------------------------------


def test_money_for_an_open_sale_of_the_former_account_is_still_matched(context: Flask) -> None:
    stall_id = make_stall(bank_account=OLD)
    sale = sell(stall_id, 45_000, Means.QR)
    change_account(stall_id, NEW)
    assert sale.payment is not None and sale.payment.payee_account == OLD
    receive(db.session.get_one(Payment, sale.payment_id))
    db.session.expire_all()
    assert sale.state is SaleState.PAID
    assert audit_checks.run() == []


def test_kept_codes_of_the_former_account_stay_good_and_new_ones_lead_to_the_new_one(context: Flask) -> None:
    stall_id, trader = make_stall(bank_account=OLD), person()
    with transaction():
        kept = services.reserve_codes(stall_id, "phone", actor_id=trader)[0].code
    change_account(stall_id, NEW)
    sold = sell(stall_id, 45_000, Means.QR, taken_offline=True, code=kept)
    assert sold.payment is not None and sold.payment.payee_account == OLD
    with transaction():
        fresh = services.reserve_codes(stall_id, "phone", actor_id=trader)
        assert {code.bank_account for code in fresh} == {NEW}
    assert audit_checks.run() == []


def _without_code(payment: Payment, account: str, amount: int) -> int:
    """A transfer from a printed card; the id of its receipt."""
    told = {"account": account, "memo": "tien rau", "bank_reference": f"FT{account}{amount}"}
    return int(receive(payment, amount, **told).receipt.id)


def test_money_without_a_code_on_the_former_account_is_shown_and_can_be_recorded(context: Flask) -> None:
    with clock.frozen(MORNING):
        stall_id, trader = make_stall(bank_account=OLD), person()
        named = name(stall_id, trader, "0933000333")
        waiting = sell(stall_id, 45_000, Means.QR)
        payment = db.session.get_one(Payment, waiting.payment_id)
        first, second = (_without_code(payment, OLD, amount) for amount in (45_000, 30_000))
        elsewhere = _without_code(payment, "0933000333", 45_000)
        refuse(named, person())
        change_account(stall_id, NEW)
        stall = queries.get_stall(stall_id)
        assert {found.receipt.id for found in queries.list_incoming(stall)} == {first, second}
        with transaction():
            services.confirm_receipt(stall_id, first, waiting.id, actor_id=trader)
        with transaction():
            recorded = services.record_incoming(stall_id, second, actor_id=trader)
        assert (waiting.state, recorded.state) == (SaleState.PAID, SaleState.PAID)
        with pytest.raises(NotFound, match="incoming_unknown"), transaction():
            services.record_incoming(stall_id, elsewhere, actor_id=trader)
    assert audit_checks.run() == []


def test_the_printed_card_of_the_former_account_is_found_by_the_check(app: Flask) -> None:
    with app.app_context():
        stall_id = make_stall(bank_account=OLD)
        change_account(stall_id, NEW)
    vendor = signed_in(app, Role.VENDOR, subject_id=stall_id)
    told = post_form(
        vendor, f"/till/{stall_id}/sticker", {"payload": vietqr.build("999999", OLD)}, follow_redirects=True
    )
    assert "tài khoản cũ của sạp" in told.text
    with app.app_context(), transaction():
        payload = vietqr.build("999999", NEW)
        typed = ReadAccount(None, None)
        check = services.check_sticker(stall_id, payload=payload, typed=typed, actor_id=UserFactory().id)
        assert check.result is StickerResult.MATCHES
