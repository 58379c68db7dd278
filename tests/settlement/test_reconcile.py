"""Books and both statements are compared both ways, each difference is one row, and the day adds up to the dong."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.outbox import handlers
from marketplace.payments import flows, qr, services
from marketplace.payments.models import BankReceipt, Payment, PaymentState, Rail, Refund, RefundState
from marketplace.settlement.flows import statements
from marketplace.settlement.flows.differences import reconcile
from marketplace.settlement.models import (
    GATEWAY,
    DifferenceKind,
    DifferenceState,
    Outcome,
    StatementDifference,
    StatementLine,
)
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.queries import subjects
from marketplace.settlement.queries.pairs import StatementDay
from marketplace.settlement.queries.statement_days import statement_day
from marketplace.settlement.services import differences as difference_services
from tests.factories.accounts import UserFactory
from tests.payments.conftest import NOON, Owner, make_payment, movement
from tests.payments.shop import OURS, Shop

TODAY = clock.local_day_of(NOON)


@pytest.fixture
def unpays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever heard of a payment follows when the bank takes its money back."""
    monkeypatch.setattr(Owner, "may_unpay", lambda _owner, _payment: True)


def rows(*states: DifferenceState) -> list[tuple[DifferenceKind, str]]:
    db.session.rollback()
    wanted = states or (DifferenceState.OPEN,)
    statement = select(StatementDifference).where(StatementDifference.state.in_(wanted))
    return [(row.kind, row.subject) for row in db.session.scalars(statement.order_by(StatementDifference.id))]


def kinds(*states: DifferenceState) -> list[DifferenceKind]:
    return sorted(kind for kind, _subject in rows(*states))


def day(account: str = OURS.account) -> StatementDay:
    db.session.rollback()
    return statement_day(account, TODAY)


def fresh(payment: Payment) -> Payment:
    db.session.rollback()
    db.session.refresh(payment)
    return payment


def transfer(shop: Shop, payment: Payment, **changes: Any) -> dict[str, Any]:
    return shop.sandbox.pay(qr.payload(payment), **changes)


def by_card(amount: int = 120_000) -> Payment:
    payment = make_payment(Rail.CARD, amount)
    flows.start(payment, payment_method="pm_card_visa")
    return fresh(payment)


# -- the bank --------------------------------------------------------------------------------------------------------


def test_a_day_without_differences_is_clean(shop: Shop) -> None:
    transfer(shop, make_payment())
    by_card()
    assert set(shop.deliver()) == {200}
    done = reconcile()
    assert (done.outcome, done.still_open, done.silent) == (Outcome.CLEAN, 0, [])
    assert rows(*DifferenceState) == []
    for account in (OURS.account, GATEWAY):
        found = day(account)
        assert found.adds_up and found.carried == 0 and found.effects == 0
        assert found.books == found.statement and found.statement.closing == 120_000


def test_a_lost_notice_is_found_booked_and_listed(shop: Shop) -> None:
    payment = make_payment()
    transfer(shop, payment)
    done = reconcile()
    assert fresh(payment).state is PaymentState.SETTLED
    assert (done.outcome, done.counts.repaired) == (Outcome.CLEAN, 1)
    assert kinds(DifferenceState.REPAIRED) == [DifferenceKind.MISSING_NOTICE]
    assert day().adds_up and day().statement == day().books


def test_a_notice_that_comes_in_the_end_takes_its_difference_away(shop: Shop) -> None:
    transfer(shop, make_payment())
    reconcile()
    assert set(shop.deliver()) == {200}
    assert reconcile().counts.closed == 1
    assert rows(DifferenceState.OPEN, DifferenceState.REPAIRED) == []


def test_unapplied_money_is_open_until_somebody_decides(shop: Shop) -> None:
    payment = make_payment()
    transfer(shop, payment, memo="tra tien hang")
    shop.deliver()
    assert reconcile().outcome is Outcome.DIFFERENCES
    assert kinds() == [DifferenceKind.UNAPPLIED]
    assert day().adds_up and day().effects == 0
    receipt = db.session.scalars(select(BankReceipt.id)).one()
    db.session.rollback()
    with transaction():
        services.apply_receipt(receipt, payment)
    assert (reconcile().outcome, kinds()) == (Outcome.CLEAN, [])


def test_running_again_makes_no_second_row(shop: Shop) -> None:
    transfer(shop, make_payment(), memo="tra tien")
    reconcile()
    first = db.session.scalars(select(StatementDifference)).one()
    before = (first.id, first.found_at)
    db.session.rollback()
    with clock.frozen(NOON + timedelta(hours=2)):
        reconcile()
        again = db.session.scalars(select(StatementDifference)).one()
        assert (again.id, again.found_at, again.seen_at) == (*before, NOON + timedelta(hours=2))


def test_a_day_with_every_kind_of_difference_adds_up(shop: Shop) -> None:
    transfer(shop, make_payment(amount=10_000))  # matched
    shop.deliver()
    transfer(shop, make_payment(amount=20_000))  # its notice never comes
    transfer(shop, make_payment(amount=30_000), memo="khong ma")  # unapplied
    fee = {"account": OURS.account, "amount": 1_100}
    _book_outgoing(shop, fee)  # money left without an order: missing here
    _invent_receipt("FT-NEVER", 40_000)  # missing in bank
    _forge_amount(transfer(shop, make_payment(amount=50_000)), 49_000)  # amount differs
    _keep_foreign_line()  # another currency
    assert reconcile().outcome is Outcome.DIFFERENCES
    assert kinds(DifferenceState.OPEN, DifferenceState.REPAIRED) == sorted(
        [
            DifferenceKind.MISSING_NOTICE,
            DifferenceKind.UNAPPLIED,
            DifferenceKind.MISSING_HERE,
            DifferenceKind.MISSING_THERE,
            DifferenceKind.AMOUNT,
            DifferenceKind.CURRENCY,
        ]
    )
    found = day()
    assert (found.statement.came_in, found.statement.went_out, found.statement.closing) == (110_000, 1_100, 108_900)
    assert (found.books.came_in, found.books.went_out, found.books.closing) == (149_000, 0, 149_000)
    assert found.effects == -1_100 - 40_000 + 1_000
    assert found.adds_up and found.books.closing + found.effects == found.statement.closing
    listed = db.session.scalar(select(func.sum(StatementDifference.effect)))
    assert listed == found.effects


def test_the_next_day_begins_where_this_one_ended(shop: Shop) -> None:
    _book_outgoing(shop, {"account": OURS.account, "amount": 1_100})
    reconcile()
    with clock.frozen(NOON + timedelta(days=1)):
        transfer(shop, make_payment(amount=10_000))
        shop.deliver()
        reconcile()
        tomorrow = statement_day(OURS.account, TODAY + timedelta(days=1))
        assert tomorrow.carried == -1_100 and tomorrow.effects == 0 and tomorrow.adds_up
        assert tomorrow.statement.opening == day().statement.closing


def test_without_the_banks_list_the_books_alone_show_nothing(shop: Shop) -> None:
    """The control: what the comparison finds comes from the list of the bank, not out of the books."""
    transfer(shop, make_payment(), memo="tra tien")
    assert (day().statement.closing, day().books.closing, day().pairs) == (0, 0, [])
    reconcile()
    assert (day().statement.closing, kinds()) == (120_000, [DifferenceKind.UNAPPLIED])


def test_a_statement_is_not_blamed_for_what_came_after_it_was_read(shop: Shop) -> None:
    reconcile()
    with clock.frozen(NOON + timedelta(minutes=10)):
        _invent_receipt("FT-LATER", 40_000)
        pair = next(pair for pair in day().pairs if pair.subject == "FT-LATER")
        assert pair.is_young and pair.kind is None and day().adds_up
        reconcile()
        assert kinds() == [DifferenceKind.MISSING_THERE]


def _book_outgoing(shop: Shop, facts: dict[str, Any]) -> None:
    """The bank takes money by itself: a transfer into the account that it reverses, less the transfer itself."""
    account = str(facts["account"])
    told = movement(
        Payment(payee_bin=OURS.bin, payee_account=account, amount=facts["amount"], transfer_code="PHI"),
        bank_reference="FT-FEE",
        direction="out",
    )
    _listed_by_bank(told)


def test_what_the_bank_took_back_stands_beside_its_reversal_and_leaves_no_difference(shop: Shop, unpays: None) -> None:
    booking = transfer(shop, make_payment())
    shop.deliver()
    assert shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal").status_code == 201
    shop.deliver()
    assert (reconcile().outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
    found = day()
    assert sorted((pair.theirs, pair.ours) for pair in found.pairs) == [(-120_000, -120_000), (120_000, 120_000)]
    assert found.adds_up and found.effects == 0 and found.books == found.statement
    assert (found.statement.came_in, found.statement.closing) == (120_000, 0)


def test_without_its_pairing_a_reversal_would_stand_as_a_difference(
    shop: Shop, unpays: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects.Names, "_learn_reversals", lambda *_names: None)
    booking = transfer(shop, make_payment())
    shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal")
    shop.deliver()
    reconcile()
    assert kinds() == [DifferenceKind.AMOUNT, DifferenceKind.MISSING_HERE]


def test_a_reversal_of_a_later_day_stands_on_that_day(shop: Shop, unpays: None) -> None:
    booking = transfer(shop, make_payment())
    shop.deliver()
    with clock.frozen(NOON + timedelta(days=1)):
        shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal")
        shop.deliver()
        assert (reconcile([TODAY, TODAY + timedelta(days=1)]).outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
        first, second = day(), statement_day(OURS.account, TODAY + timedelta(days=1))
    assert (first.books.closing, second.books.closing) == (120_000, 0)
    assert first.adds_up and second.adds_up and second.books == second.statement


def test_rows_without_a_reference_beside_notices_add_up(shop: Shop, unpays: None) -> None:
    """The first row is imported before its notice; the day is read from the bank again, which names it."""
    payment = make_payment()
    booking = transfer(shop, payment)
    head = f"Số tài khoản: {OURS.account}\nNgày;Ghi nợ;Ghi có;Nội dung\n"
    statements.import_file(
        f"{head}21/11/2026;;120.000;{booking['memo']}\n".encode(), file_name="sao-ke.csv", actor_id=None
    )
    assert set(shop.deliver()) == {200}
    assert (reconcile().outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
    assert shop.sandbox.bank("POST", f"/transfers/{booking['id']}/reversal").status_code == 201
    shop.deliver()
    assert (reconcile().outcome, rows(*DifferenceState)) == (Outcome.CLEAN, [])
    assert day().adds_up and day().books == day().statement and day().books.closing == 0


def _keep_foreign_line() -> None:
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=7, transfer_code="USD")
    _listed_by_bank(movement(payee, bank_reference="FT-USD", currency="USD"))


def _listed_by_bank(told: Any) -> None:
    from marketplace.settlement.services import statement_lines

    with transaction():
        statement_lines.keep_movements([told])


def _invent_receipt(reference: str, amount: int) -> None:
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=amount, transfer_code="")
    told = movement(payee, bank_reference=reference)
    with transaction():
        services.record_receipt(told)


def _forge_amount(booking: dict[str, Any], amount: int) -> None:
    """A notice told another amount than the bank lists."""
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=amount, transfer_code=booking["memo"])
    told = movement(payee, bank_reference=booking["bank_reference"])
    with transaction():
        services.record_receipt(told)


# -- the gateway -----------------------------------------------------------------------------------------------------


def test_a_payment_whose_answer_and_event_were_lost_is_settled_and_listed(shop: Shop, buyer: Owner) -> None:
    shop.fault("stripe", "garbage", moment="after", count=3)
    payment = by_card()
    shop.clear_faults()
    assert payment.state is PaymentState.CREATED
    done = reconcile()
    assert fresh(payment).state is PaymentState.SETTLED and buyer.verbs == ["settled"]
    assert (done.outcome, done.counts.repaired) == (Outcome.CLEAN, 1)
    assert kinds(DifferenceState.REPAIRED) == [DifferenceKind.STATE]
    assert day(GATEWAY).adds_up and day(GATEWAY).effects == 0
    assert reconcile().counts.closed == 0 and len(rows(DifferenceState.REPAIRED)) == 1


def test_an_intent_that_we_do_not_know_is_missing_here_with_all_that_is_known(shop: Shop) -> None:
    data = {
        "amount": "70000",
        "currency": "vnd",
        "payment_method": "pm_card_visa",
        "payment_method_types[]": "card",
        "confirm": "true",
        "metadata[payment]": "gone-with-the-backup",
    }
    assert shop.sandbox.stripe("POST", "/payment_intents", data).status_code == 200
    assert reconcile().outcome is Outcome.DIFFERENCES
    row = db.session.scalars(select(StatementDifference)).one()
    assert (row.kind, row.theirs, row.ours, row.their_state) == (DifferenceKind.MISSING_HERE, 70_000, None, "succeeded")
    assert "gone-with-the-backup" in row.about and row.happened_at == NOON
    assert day(GATEWAY).effects == 70_000 and day(GATEWAY).adds_up


def test_a_payment_that_the_gateway_does_not_know_is_missing_there(shop: Shop) -> None:
    payment = make_payment(Rail.CARD)
    with transaction():
        row = db.session.get_one(Payment, payment.id)
        row.gateway_id = "pi_invented"
        services.settle(row, occurred_at=clock.now())
    reconcile()
    assert rows() == [(DifferenceKind.MISSING_THERE, "pi_invented")]
    assert day(GATEWAY).effects == -120_000 and day(GATEWAY).adds_up


def test_states_and_amounts_that_cannot_be_put_right_are_differences(shop: Shop) -> None:
    settled, other = by_card(), by_card(80_000)
    assert settled.gateway_id is not None and other.gateway_id is not None
    pending = make_payment(Rail.CARD)
    flows.start(pending, payment_method="pm_card_threeDSecure2Required", return_url="http://127.0.0.1:8000/x")
    with transaction():
        row = db.session.get_one(Payment, pending.id)
        row.state = PaymentState.CANCELLED  # here closed, at the gateway still open
    with transaction():
        changed = db.session.get_one(Payment, other.id)
        changed.amount = Dong(79_000)
    reconcile()
    assert {subject: kind for kind, subject in rows()} == {
        str(fresh(pending).gateway_id): DifferenceKind.STATE,
        other.gateway_id: DifferenceKind.AMOUNT,
    }
    assert day(GATEWAY).adds_up


def test_refunds_are_compared_as_well(shop: Shop) -> None:
    payment = by_card()
    with transaction():
        lost = services.request_refund(payment, Dong(20_000), reason="vỡ", actor_id=None)
    lost_id = lost.id
    shop.sandbox.stripe(
        "POST",
        "/refunds",
        {"payment_intent": payment.gateway_id, "amount": "20000", "metadata[refund]": lost.public_id},
    )
    shop.sandbox.stripe("POST", "/refunds", {"payment_intent": payment.gateway_id, "amount": "1000"})
    reconcile()
    assert db.session.get_one(Refund, lost_id).state is RefundState.SUCCEEDED
    assert kinds() == [DifferenceKind.MISSING_HERE]
    assert kinds(DifferenceState.REPAIRED) == [DifferenceKind.STATE]
    found = day(GATEWAY)
    assert (found.statement.went_out, found.books.went_out, found.effects) == (21_000, 20_000, -1_000)
    assert found.adds_up


def test_more_objects_than_a_page_of_the_gateway_are_all_compared(shop: Shop) -> None:
    for number in range(103):
        wanted = {"amount": str(20_000 + number), "currency": "vnd"}
        assert shop.sandbox.stripe("POST", "/payment_intents", wanted).status_code == 200
    assert reconcile().still_open == 103
    assert reconcile().still_open == 103
    assert db.session.scalar(select(func.count()).select_from(StatementLine)) == 103


# -- people, silence, the worker -------------------------------------------------------------------------------------


@pytest.fixture
def unclear(shop: Shop) -> int:
    """One open difference."""
    transfer(shop, make_payment(), memo="tra tien")
    shop.deliver()
    reconcile()
    found = db.session.scalars(select(StatementDifference.id)).one()
    db.session.rollback()
    return found


def person() -> int:
    with transaction():
        made = UserFactory()
        db.session.flush()
        return int(made.id)


def test_a_difference_is_taken_and_explained_with_a_reason(unclear: int) -> None:
    operator = person()
    assert queries.count_differences_without_owner() == 1
    with transaction():
        difference_services.take(unclear, actor_id=operator)
    assert queries.count_differences_without_owner() == 0
    with transaction():
        difference_services.resolve(unclear, reason="Khách chuyển nhầm, đã trả lại", actor_id=operator)
    with pytest.raises(Conflict, match="difference_closed"), transaction():
        difference_services.resolve(unclear, reason="noch einmal", actor_id=operator)
    assert reconcile().outcome is Outcome.CLEAN
    row = db.session.get_one(StatementDifference, unclear)
    assert (row.state, row.owner_id) == (DifferenceState.RESOLVED, operator)


def test_an_explained_difference_opens_again_when_its_facts_change(shop: Shop) -> None:
    _invent_receipt("FT-X", 40_000)
    reconcile()
    row = db.session.scalars(select(StatementDifference)).one()
    operator, number = person(), row.id
    with transaction():
        difference_services.resolve(number, reason="bank books tomorrow", actor_id=operator)
    payee = Payment(payee_bin=OURS.bin, payee_account=OURS.account, amount=41_000, transfer_code="")
    _listed_by_bank(movement(payee, bank_reference="FT-X"))
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
