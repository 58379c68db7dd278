"""A transfer that a file tells without a reference and a notice tells with one is booked once, in every order."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.ledger import queries as ledger
from marketplace.payments import flows, settings
from marketplace.payments import services as payments
from marketplace.payments.models import BankReceipt, OutgoingTransfer, TransferPurpose
from marketplace.payments.movements import Movement
from marketplace.payments.services import claiming
from marketplace.payments.settings import Payee
from marketplace.settlement.flows import statements
from marketplace.settlement.models import StatementLine
from marketplace.settlement.services import statement_lines
from tests.payments.conftest import NOON, Owner, make_payment, movement, owner  # noqa: F401
from tests.racing import PROCESSES, Racers
from tests.settlement.test_statement_import import books, statement, take

__all__ = ["books"]

ROUNDS = 8


def row(amount: str, memo: str) -> str:
    return f"21/11/2026;;{amount};{memo}"


def file(*rows: str) -> None:
    take(statement(*rows, reference=False))


def notice(like: Movement, reference: str, **changes: object) -> Movement:
    return replace(like, bank_reference=reference, id=f"bn_{reference}", **changes)


def hear(told: Movement) -> payments.Told:
    return flows.apply_movement(told)


def listed(told: Movement) -> int:
    """The bank's own list tells it, and its effect is done; the number of new lines."""
    with transaction():
        new = statement_lines.keep_movements([told])
    statements.apply_lines()
    return new


def receipts() -> list[tuple[str, str | None]]:
    """Booked receipts: whether under a name of the row's own, and the later reference."""
    db.session.rollback()
    found = db.session.scalars(select(BankReceipt).order_by(BankReceipt.id))
    return [("row" if one.bank_reference == one.row_key else one.bank_reference, one.later_reference) for one in found]


def test_a_notice_after_a_row_without_a_reference_claims_its_money(books: Owner) -> None:
    payment = make_payment()
    file(row("120.000", f"Chuyen-tien: {payment.transfer_code}"))
    told = hear(notice(movement(payment, memo=f"CHUYEN TIEN {payment.transfer_code}"), "FT1"))
    assert (told.ignored, told.is_new) == (None, False)
    assert receipts() == [("row", "FT1")] and books.verbs == ["settled"]
    assert ledger.balance("bank:collecting") == 120_000


def test_the_words_of_a_bank_around_a_memo_make_no_other_money(books: Owner) -> None:
    payment = make_payment()
    file(row("120.000", f"MBVCB.3278.{payment.transfer_code}.CT tu 0123"))
    assert not hear(movement(payment, memo=str(payment.transfer_code))).is_new
    assert receipts() == [("row", "FT1")] and ledger.balance("bank:collecting") == 120_000


def test_without_the_claim_the_same_money_is_booked_twice(books: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "claim", lambda _movement: None)
    payment = make_payment()
    file(row("120.000", str(payment.transfer_code)))
    hear(movement(payment))
    assert receipts() == [("row", None), ("FT1", None)]
    assert ledger.balance("bank:collecting") == 240_000


def test_a_notice_between_a_row_and_its_effect_is_claimed_by_the_row(books: Owner) -> None:
    payment = make_payment()
    content = statement(row("120.000", str(payment.transfer_code)), reference=False).encode()
    _keep_only(content)
    assert hear(movement(payment)).is_new
    assert statements.apply_lines() == 0
    line = db.session.scalars(select(StatementLine)).one()
    assert receipts() == [("FT1", None)] and (line.later_reference, line.is_named) == ("FT1", True)
    assert ledger.balance("bank:collecting") == 120_000


def test_a_row_of_the_banks_own_list_claims_as_a_notice_does(books: Owner) -> None:
    payment = make_payment()
    file(row("120.000", str(payment.transfer_code)))
    assert listed(movement(payment, bank_reference="FT9")) == 0
    assert receipts() == [("row", "FT9")]
    assert not hear(movement(payment, bank_reference="FT9")).is_new
    assert receipts() == [("row", "FT9")] and ledger.balance("bank:collecting") == 120_000


def test_the_kth_row_and_the_kth_notice_are_one_and_two_transfers_stay_two(books: Owner) -> None:
    payment = make_payment()
    like = movement(payment, 5_000, memo="tra tien")
    file(row("5.000", "tra tien"), row("5.000", "Trả tiền"))
    assert [hear(notice(like, f"FT{n}")).is_new for n in (1, 2, 3)] == [False, False, True]
    assert receipts() == [("row", "FT1"), ("row", "FT2"), ("FT3", None)]
    file(row("5.000", "tra tien"), row("5.000", "Trả tiền"), row("5.000", "tra tien"))
    assert len(receipts()) == 3 and ledger.balance("bank:collecting") == 15_000


def test_the_same_notice_again_claims_no_second_receipt(books: Owner) -> None:
    payment = make_payment()
    file(row("5.000", "tra tien"), row("5.000", "tra tien"))
    told = notice(movement(payment, 5_000, memo="tra tien"), "FT1")
    assert [hear(told).is_new for _ in range(3)] == [False] * 3
    assert receipts() == [("row", "FT1"), ("row", None)]
    assert hear(replace(told, amount=6_000)).ignored == "reference_reused"


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 5_001},
        {"memo": "tra tien 2"},
        {"transacted_at": NOON + timedelta(days=1)},
        {"account": "1900000009"},
    ],
)
def test_another_amount_memo_day_or_account_is_other_money(books: Owner, changes: dict[str, object]) -> None:
    payment = make_payment()
    file(row("5.000", "tra tien"))
    assert hear(notice(movement(payment, 5_000, memo="tra tien"), "FT1", **changes)).is_new
    assert receipts() == [("row", None), ("FT1", None)]


def test_the_list_names_the_line_whose_receipt_the_notice_named(books: Owner) -> None:
    payment = make_payment()
    like = movement(payment, 5_000, memo="tra tien")
    file(row("5.000", "tra tien"), row("5.000", "tra tien"))
    hear(notice(like, "FT2"))
    assert [listed(notice(like, reference)) for reference in ("FT1", "FT2")] == [0, 0]
    rows = db.session.execute(
        select(StatementLine.later_reference, BankReceipt.later_reference).join(
            BankReceipt, StatementLine.receipt_id == BankReceipt.id
        )
    )
    assert sorted(tuple(found) for found in rows) == [("FT1", "FT1"), ("FT2", "FT2")]


def test_a_reversal_that_names_the_later_reference_takes_the_receipt_back(
    books: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Owner, "may_unpay", lambda _owner, _payment: True)
    payment = make_payment()
    file(row("120.000", str(payment.transfer_code)))
    back = movement(payment, bank_reference="FT2", direction="out", memo="HUY", related_reference="FT1")
    hear(back)
    assert ledger.balance("bank:collecting") == 120_000  # nobody knows yet whose reference that is
    hear(movement(payment))
    assert ledger.balance("bank:collecting") == 0
    hear(back)
    assert ledger.balance("bank:collecting") == 0 and db.session.scalar(select(func.count(BankReceipt.id))) == 1


@pytest.mark.parametrize("row_is_first", [True, False])
def test_a_transfer_that_came_back_is_told_twice_and_booked_once(books: Owner, row_is_first: bool) -> None:
    like = movement(make_payment(), 50_000)
    with transaction():
        payments.open_transfer(
            TransferPurpose.RECEIPT_RETURN, like.amount, to=Payee("970436", "0123456789", "A"), memo="x", key="k"
        ).bank_reference = "OUT1"
        db.session.flush()
    tellings = [
        lambda: file(row("50.000", "tra lai OUT1")),
        lambda: hear(notice(like, "BACK1", related_reference="OUT1", payer_account="")),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("marketplace.payments.transfers.handler_of", lambda _transfer: _Nobody())
        for tell in tellings if row_is_first else reversed(tellings):
            tell()
    db.session.rollback()
    assert receipts() == [] and ledger.balance("bank:collecting") == 0
    assert db.session.scalars(select(OutgoingTransfer.return_reference)).one() is not None


class _Nobody:
    """Wants to know nothing of a transfer."""

    def account(self, _transfer: OutgoingTransfer) -> str:
        return "unapplied"

    def on_succeeded(self, *_news: object) -> None:
        return None

    def on_returned(self, *_news: object) -> None:
        return None


def _keep_only(content: bytes) -> None:
    parsed = statements.check_file(content)
    with transaction():
        statement_lines.keep_file(parsed, settings.current().collecting, file_name="x", sha256="0" * 64, actor_id=None)


# -- at the same moment ----------------------------------------------------------------------------------------------


def tell(like: Movement, round_: int, number: int) -> bool:
    """Every other process tells a row without a reference, the others its notice; whether it was new."""
    memo = f"dong thoi {round_}"
    if number % 2:
        return flows.apply_movement(notice(like, f"FT-{round_}", memo=memo)).is_new
    key = f"CSV-{round_:032d}"
    return flows.apply_movement(notice(like, key, memo=memo, row_key=key)).is_new


def tell_unguarded(like: Movement, round_: int, number: int) -> bool:
    """The control: nothing is ever claimed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claiming, "claim", lambda _movement: None)
        return tell(like, round_, number)


@pytest.mark.race
def test_a_row_and_its_notice_at_the_same_moment_are_booked_once(context: Flask, owner: Owner, racers: Racers) -> None:  # noqa: F811
    like = movement(make_payment(), 5_000, transacted_at=clock.now())
    answers = racers.race(partial(tell, like), list(range(ROUNDS)))
    assert [sum(of_round) for of_round in answers] == [1] * ROUNDS and len(answers[0]) == PROCESSES
    assert len(receipts()) == ROUNDS
    assert ledger.balance("bank:collecting") == 5_000 * ROUNDS


@pytest.mark.race
def test_without_the_claim_they_are_booked_twice(context: Flask, owner: Owner, racers: Racers) -> None:  # noqa: F811
    like = movement(make_payment(), 5_000, transacted_at=clock.now())
    racers.race(partial(tell_unguarded, like), list(range(3)))
    assert len(receipts()) == 6
