"""A statement file finds money that no notice told of, doubles nothing, keeps nothing of a bad file (P10, case 22)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments import services as payments
from marketplace.payments import settings
from marketplace.payments.models import BankReceipt, Payment, PaymentState, ReceiptState
from marketplace.settlement.flows import statements
from marketplace.settlement.models import StatementImport, StatementLine
from marketplace.settlement.services import statement_lines
from marketplace.settlement.services.statement_lines import MAYBE_KNOWN
from marketplace.settlement.statement_tables import StatementRefused
from tests.payments.conftest import Owner, make_payment, movement, owner  # noqa: F401
from tests.settlement.statements import LAYOUT_A, LAYOUT_C

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


@pytest.fixture
def books(context: Flask, owner: Owner) -> Iterator[Owner]:  # noqa: F811
    """Books at noon of the day of the statements."""
    with clock.frozen(NOON):
        yield owner


def take(text: str, name: str = "sao-ke.csv") -> statements.Imported:
    return statements.import_file(text.encode(), file_name=name, actor_id=None)


def statement(*rows: str, reference: bool = True) -> str:
    ours = settings.current().collecting.account
    head = "Ngày giao dịch;Số tham chiếu;Ghi nợ;Ghi có;Nội dung" if reference else "Ngày;Ghi nợ;Ghi có;Nội dung"
    return "\n".join([f"Số tài khoản: {ours}", head, *rows, ""])


def count(model: type[BankReceipt] | type[StatementLine] | type[StatementImport]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def fresh(payment: Payment) -> Payment:
    db.session.rollback()
    db.session.refresh(payment)
    return payment


def test_a_lost_notice_is_found_by_the_statement(books: Owner) -> None:
    payment = make_payment()
    done = take(statement(f"21/11/2026 12:00:00;FT1;;120.000;MBVCB.1 {payment.transfer_code} ck"))
    assert (done.rows, done.new, done.booked) == (1, 1, 1)
    assert fresh(payment).state is PaymentState.SETTLED and books.verbs == ["settled"]
    assert ledger.balance("bank:collecting") == 120_000


def test_a_notice_after_the_statement_changes_nothing(books: Owner) -> None:
    payment = make_payment()
    take(statement(f"21/11/2026 12:00:00;FT1;;120.000;{payment.transfer_code}"))
    with transaction():
        assert not payments.record_receipt(movement(payment, bank_reference="FT1")).is_new
    assert ledger.balance("bank:collecting") == 120_000


def test_the_same_statement_twice_is_nothing_new_and_one_more_line_is_one(books: Owner) -> None:
    rows = [f"21/11/2026 0{hour}:00:00;FT{hour};;1.000;tien {hour}" for hour in range(1, 6)]
    first, again = take(statement(*rows)), take(statement(*rows))
    assert (first.new, first.booked, again.new, again.booked) == (5, 5, 0, 0)
    more = take(statement(*rows, "21/11/2026 06:00:00;FT6;;1.000;tien 6"))
    assert (more.new, more.booked) == (1, 1)
    assert (count(BankReceipt), ledger.balance("bank:collecting")) == (6, 6_000)


def test_two_equal_transfers_without_a_reference_are_two(books: Owner) -> None:
    twins = ["21/11/2026;;5.000;tra tien", "21/11/2026;;5.000;tra tien"]
    first, again = take(statement(*twins, reference=False)), take(statement(*twins, reference=False))
    assert (first.new, first.booked, again.new) == (2, 2, 0)
    third = take(statement(*twins, twins[0], reference=False))
    assert (third.new, ledger.balance("bank:collecting")) == (1, 15_000)


def test_a_row_without_a_reference_is_the_money_of_a_known_notice(books: Owner) -> None:
    payment = make_payment()
    with transaction():
        payments.record_receipt(movement(payment, memo=f"MBVCB.99 {payment.transfer_code}"))
    done = take(statement(f"21/11/2026;;120.000;{payment.transfer_code}", reference=False))
    assert (done.new, done.booked, count(BankReceipt)) == (1, 0, 1)
    line = db.session.scalars(select(StatementLine)).one()
    assert line.later_reference == "FT1" and line.receipt_id is not None


def test_an_unclear_row_without_a_reference_is_left_to_a_person(books: Owner) -> None:
    payment = make_payment()
    with transaction():
        payments.record_receipt(movement(payment))
    done = take(statement("21/11/2026;;120.000;mot noi dung khac", reference=False))
    assert (done.new, done.booked, count(BankReceipt)) == (1, 0, 1)
    assert db.session.scalars(select(StatementLine)).one().ignored_reason == MAYBE_KNOWN


def test_the_list_of_the_bank_gives_a_line_its_reference(books: Owner) -> None:
    payment = make_payment()
    take(statement(f"21/11/2026;;120.000;{payment.transfer_code}", reference=False))
    told = movement(payment, bank_reference="FT9")
    with transaction():
        assert statement_lines.keep_movements([told]) == 0
    line = db.session.scalars(select(StatementLine)).one()
    assert line.reference == "FT9" and line.key.startswith("CSV-")
    with transaction():
        assert statement_lines.keep_movements([told]) == 0


def test_a_bad_row_keeps_nothing_of_the_file(books: Owner) -> None:
    good = "21/11/2026 01:00:00;FT1;;1.000;tien"
    with pytest.raises(StatementRefused) as refused:
        take(statement(good, "21/11/2026 02:00:00;FT2;;1,5;tien"))
    assert [(found.code, found.row, found.column) for found in refused.value.problems] == [
        ("statement_bad_amount", 4, "Ghi có")
    ]
    assert (count(StatementLine), count(StatementImport), count(BankReceipt)) == (0, 0, 0)


def test_a_known_reference_with_another_amount_is_refused(books: Owner) -> None:
    take(statement("21/11/2026 01:00:00;FT1;;1.000;tien"))
    with pytest.raises(StatementRefused) as refused:
        take(statement("21/11/2026 01:00:00;FT1;;2.000;tien", "21/11/2026 01:00:00;FT2;;2.000;tien"))
    assert [found.code for found in refused.value.problems] == ["statement_contradicts"]
    assert count(StatementLine) == 1


def test_another_account_is_refused(books: Owner) -> None:
    with pytest.raises(StatementRefused) as refused:
        take(LAYOUT_A.replace("1900000001", "1900000002"))
    assert [found.code for found in refused.value.problems] == ["statement_other_account"]


def test_money_that_left_without_an_order_of_ours_is_kept_and_not_booked(books: Owner) -> None:
    done = take(statement("21/11/2026 01:00:00;FT1;11.000;;PHI"))
    line = db.session.scalars(select(StatementLine)).one()
    assert (done.new, done.booked, line.amount, line.ignored_reason) == (1, 0, -11_000, "outgoing")
    assert ledger.balance("bank:collecting") == 0


def test_lines_left_over_by_a_crash_get_their_effect_later(books: Owner) -> None:
    content = statement("21/11/2026 01:00:00;FT1;;1.000;tien").encode()
    parsed = statements.check_file(content)
    with transaction():
        statement_lines.keep_file(parsed, settings.current().collecting, file_name="x", sha256="0" * 64, actor_id=None)
    assert count(BankReceipt) == 0
    assert statements.apply_lines() == 1 and statements.apply_lines() == 0
    assert db.session.scalars(select(BankReceipt.state)).all() == [ReceiptState.UNAPPLIED]


def test_the_command_takes_a_file_over_once_and_names_bad_rows(books: Owner, tmp_path: Path, context: Flask) -> None:
    file = tmp_path / "sao-ke.csv"
    file.write_text("\ufeff" + LAYOUT_C.replace("1900000001", settings.current().collecting.account), "utf-8")
    runner = context.test_cli_runner()
    checked = runner.invoke(args=["settlement", "import-statement", str(file), "--check"])
    assert "layout C" in checked.output and count(StatementLine) == 0
    first = runner.invoke(args=["settlement", "import-statement", str(file)])
    assert first.exit_code == 0 and "3 rows, 3 new, 2 receipts" in first.output
    again = runner.invoke(args=["settlement", "import-statement", str(file)])
    assert again.exit_code == 0 and "3 rows, 0 new, 0 receipts" in again.output
    file.write_text(file.read_text("utf-8").replace(";;120000", ";;12O000", 1), "utf-8")
    bad = runner.invoke(args=["settlement", "import-statement", str(file)])
    assert bad.exit_code == 1 and "row 3" in bad.output and "12O000" in bad.output and "whole đồng" in bad.output


def test_amounts_are_signed_dong(books: Owner) -> None:
    take(statement("21/11/2026 01:00:00;FT1;;1.000;vao", "21/11/2026 02:00:00;FT2;400;;ra"))
    assert sorted(db.session.scalars(select(StatementLine.amount))) == [Dong(-400), Dong(1_000)]
