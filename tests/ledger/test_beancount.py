"""Another bookkeeping program reads our journal and finds it sound; and finds what is wrong in a spoiled one."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Balance, Transaction
from beancount.core.inventory import Inventory
from flask import Flask
from sqlalchemy import text

from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import beancount, chart, queries, services
from marketplace.ledger.models import AccountKind
from tests.proof import filling

#: The code whose postings are looked for.
ROOMS = Path(beancount.__file__).parents[1]
NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)


def _code(pattern: str) -> str:
    """An account that the pattern of the chart allows."""
    return re.sub(r"\[a-z_?\]\+", "some_kind" if "_" in pattern else "some", pattern).replace("[0-9]+", "7")


#: Each kind of posting with the fact it is about and the accounts that it moves, first one up.
KINDS = {
    "payment_settled": ("payment", "gateway:card", "order:escrow"),
    "receipt_received": ("bank_receipt", "bank:collecting", "unapplied"),
    "receipt_applied": ("receipt_application", "unapplied", "payment:funding"),
    "receipt_released": ("receipt_application", "payment:funding", "unapplied"),
    "receipt_returned": ("bank_receipt", "unapplied", "bank:collecting"),
    "order_split": ("payment", "order:escrow", "producer:7:payable", "platform:fee", "tax:vat", "tax:pit"),
    "refund_share": ("refund", "producer:7:payable", "platform:fee", "tax:vat", "tax:pit", "order:escrow"),
    "refund_share_undone": ("refund", "order:escrow", "producer:7:payable", "platform:fee", "tax:vat", "tax:pit"),
    "refund_settled": ("refund", "order:escrow", "refund:transit"),
    "transfer_paid": ("outgoing_transfer", "producer:7:transit", "bank:collecting"),
    "payout_approved": ("payout", "producer:7:payable", "producer:7:transit"),
    "payout_freed": ("payout", "producer:7:transit", "producer:7:payable"),
    "market_fee_cash": ("market_fee", "market:7:cash", "market:7:fees"),
    "cash_sale": ("stall_sale", "stall:7:cash", "stall:7:sales"),
    "shift_difference": ("stall_shift", "stall:7:difference", "stall:7:cash"),
}
#: What ``services.reverse`` posts; the fixture reverses one entry of each kind.
REVERSAL = "reversal"

CODES = sorted(_code(pattern) for pattern, _kind, _meaning in chart.CHART)


@pytest.fixture
def books(context: Flask) -> None:
    """Each kind of posting and its reversal, a line on every account of the chart, two days, a quarrelsome fact."""
    with transaction():
        for number, (kind, (ref_type, *codes)) in enumerate(KINDS.items(), start=1):
            lines = {code: Dong(-10 * number) for code in codes[1:]} | {codes[0]: Dong(10 * number * (len(codes) - 1))}
            posted = services.post(kind, ref_type=ref_type, ref_id=str(number), occurred_at=NOON, lines=lines)
            assert posted is not None
            services.reverse(posted, occurred_at=NOON + timedelta(days=1))
        for day in range(2):
            for number, code in enumerate(CODES):
                other = CODES[number - 1]
                entry = services.post(
                    "test",
                    ref_type="fact",
                    ref_id=f'{day}-{number}-"\\',
                    occurred_at=NOON + timedelta(days=day),
                    lines={code: Dong(1000 + number), other: Dong(-1000 - number)},
                )
                assert entry is not None
        services.reverse(entry, occurred_at=NOON + timedelta(days=2))


def _read(journal: str) -> tuple[list[Any], list[Any]]:
    entries, errors, _options = loader.load_string(journal)
    return entries, errors


def _export() -> str:
    return "\n".join(beancount.lines("Sổ sách")) + "\n"


def _balances(entries: list[Any]) -> dict[str, int]:
    """What beancount itself adds up, by account."""
    found: dict[str, Inventory] = {}
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                found.setdefault(posting.account, Inventory()).add_amount(posting.units)
    return {account: int(total.get_currency_units("VND").number) for account, total in found.items()}


def _agree(entries: list[Any]) -> bool:
    used = [row for row in queries.trial_balance() if row.debit or row.credit]
    ours = {beancount.account_name(row.code, row.kind): row.balance for row in used}
    return ours == _balances(entries)


def _kinds_in_code() -> set[str]:
    """The first argument of whatever posts, in every room, where it is a text or a constant of its file."""
    found = set()
    for file in ROOMS.rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).split(".")[-1] in ("post", "_post"):
                kind = node.args[0]
                said = kind.value if isinstance(kind, ast.Constant) else constants.get(ast.unparse(kind))
                if isinstance(said, str) and not said.startswith("/"):
                    found.add(said)
    return found


def test_the_fixture_has_every_kind_of_posting_that_the_code_knows(books: None) -> None:
    assert _kinds_in_code() == {*KINDS, REVERSAL}
    entries, errors = _read(_export())
    assert errors == []
    assert {entry.payee for entry in entries if isinstance(entry, Transaction)} == {*KINDS, REVERSAL, "test"}


def test_every_account_of_the_chart_has_a_name_of_its_own() -> None:
    names = [beancount.account_name(code, chart.kind_of(code)) for code in CODES]
    assert len(set(names)) == len(CODES)
    assert beancount.account_name("stall:7:own_bank", AccountKind.MEMO) == "Equity:Memo:Stall:7:Own-Bank"


def test_beancount_finds_the_same_balances_and_no_fault(books: None) -> None:
    entries, errors = _read(_export())
    assert errors == []
    assert _agree(entries)
    transactions = [entry for entry in entries if isinstance(entry, Transaction)]
    assert len(transactions) == 2 * len(KINDS) + 2 * len(CODES) + 1
    (first,) = (entry for entry in transactions if entry.meta["fact"].startswith("test/fact/0-0-"))
    assert first.narration.startswith("fact 0-0-")
    assert int(transactions[-1].meta["reverses"]) == int(transactions[-2].meta["entry"])
    assert any(isinstance(entry, Balance) for entry in entries)


def test_the_day_is_the_one_in_vietnam(context: Flask) -> None:
    with transaction():
        late = datetime(2026, 11, 21, 17, tzinfo=UTC)
        lines = {"gateway:card": Dong(5), "unapplied": Dong(-5)}
        services.post("test", ref_type="fact", ref_id="1", occurred_at=late, lines=lines)
    assert '2026-11-22 * "test" "fact 1"' in _export()


def test_a_whole_shop_is_sound_to_beancount(context: Flask) -> None:
    filling.fill(120)
    entries, errors = _read(_export())
    assert errors == [] and _agree(entries)


def test_an_empty_journal_is_sound(context: Flask) -> None:
    assert _read(_export()) == ([], [])


@pytest.fixture
def guards_again(context: Flask) -> Iterator[None]:
    yield
    if db.engine.dialect.name == "postgresql":
        with transaction():
            db.session.execute(text("ALTER TABLE ledger_line ENABLE TRIGGER USER"))


def test_beancount_finds_an_amount_that_was_changed_in_the_database(books: None, guards_again: None) -> None:
    with transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ALTER TABLE ledger_line DISABLE TRIGGER USER"))
        else:
            db.session.execute(text("DROP TRIGGER ledger_line_no_update"))
        db.session.execute(text("UPDATE ledger_line SET amount = amount + 1 WHERE id = 3"))
    _entries, errors = _read(_export())
    assert any("does not balance" in error.message for error in errors)


def test_beancount_finds_an_entry_that_was_left_out_of_the_file(books: None) -> None:
    whole = _export()
    entries = re.split(r"(?m)^(?=2026-)", whole)
    left_out = next(number for number, part in enumerate(entries) if ' * "test"' in part)
    _entries, errors = _read("".join(entries[:left_out] + entries[left_out + 1 :]))
    assert any("Balance failed" in error.message for error in errors)


def test_the_command_writes_a_file(books: None, context: Flask, tmp_path: Path) -> None:
    target = tmp_path / "journal.beancount"
    result = context.test_cli_runner().invoke(
        args=["ledger", "export", "--format", "beancount", "--output", str(target)]
    )
    assert result.exit_code == 0, result.output
    entries, errors, _options = loader.load_file(str(target))
    assert errors == [] and _agree(entries)
