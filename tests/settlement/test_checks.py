"""Every promise of the audit is kept by a sound shop and fires on a spoiled one.

The spoiled shop lives in temporary tables that hide the real ones: there, nothing but the audit guards anything.
"""

import signal
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import audit_checks, services
from tests.settlement import test_board_payouts, test_payout_checks

#: Stands in the SQL below as ``@AGO``.
LONG_AGO = "'2026-01-05 05:00:00.000000'"

SOUND = """
INSERT INTO ledger_account (id, code) VALUES (1, 'bank:collecting'), (2, 'unapplied'), (3, 'payment:funding'),
    (4, 'order:escrow'), (5, 'producer:1:payable'), (6, 'stall:1:own_bank'), (7, 'stall:1:sales'), (8, 'gateway:card');
INSERT INTO ledger_entry (id, kind, ref_type, ref_id, reverses_id) VALUES
    (1, 'receipt_received', 'bank_receipt', 'FT1', NULL), (2, 'receipt_applied', 'receipt_application', '1', NULL),
    (3, 'payment_settled', 'payment', 'p1', NULL), (4, 'order_split', 'payment', 'p1', NULL),
    (5, 'payment_settled', 'payment', 'p2', NULL), (6, 'receipt_applied', 'receipt_application', '2', NULL),
    (7, 'refund_settled', 'refund', 'r1', NULL), (8, 'refund_share', 'refund', 'r1', NULL),
    (9, 'receipt_received', 'bank_receipt', 'FT2', NULL);
INSERT INTO ledger_line (id, entry_id, account_id, amount) VALUES
    (1, 1, 1, 150000), (2, 1, 2, -150000), (3, 2, 2, 120000), (4, 2, 3, -120000), (5, 3, 3, 120000),
    (6, 3, 4, -120000), (7, 4, 4, 120000), (8, 4, 5, -120000), (9, 5, 6, 45000), (10, 5, 7, -45000),
    (11, 6, 2, 7000), (12, 6, 3, -7000), (13, 7, 4, 20000), (14, 7, 1, -20000), (15, 8, 5, 20000),
    (16, 8, 4, -20000), (17, 9, 1, 7000), (18, 9, 2, -7000);
INSERT INTO payment (id, public_id, purpose, rail, amount, received, refunded, state, idempotency_key, gateway_id,
    held_account, checked_at, created_at, settled_at) VALUES
    (1, 'p1', 'order', 'vietqr', 120000, 120000, 20000, 'settled', 'k1', NULL, 'order:escrow', NULL, @AGO,
        @AGO),
    (2, 'p2', 'stall_sale', 'vietqr', 45000, 45000, 0, 'settled', 'k2', NULL, 'stall:1:sales', NULL, @AGO,
        @AGO),
    (3, 'p3', 'order', 'vietqr', 9000, 7000, 0, 'partially_funded', 'k3', NULL, NULL, NULL, @AGO, NULL),
    (4, 'p4', 'order', 'card', 9000, 0, 0, 'failed', 'k4', 'pi_4', NULL, NULL, @AGO, NULL);
INSERT INTO bank_receipt (id, bank_reference, is_ours, amount, applied, state) VALUES
    (1, 'FT1', TRUE, 150000, 120000, 'unapplied'), (2, 'FT2', TRUE, 7000, 7000, 'applied'),
    (3, 'FT3', FALSE, 45000, 45000, 'applied'), (4, 'FT4', FALSE, 1000, 0, 'reversed');
INSERT INTO work_item (id, kind, receipt_id, state) VALUES (1, 'unapplied', 1, 'waiting');
INSERT INTO bank_reversal (id, receipt_id, is_booked) VALUES (1, 4, TRUE);
INSERT INTO receipt_application (id, receipt_id, payment_id, amount) VALUES
    (1, 1, 1, 120000), (2, 2, 3, 7000), (3, 3, 2, 45000);
INSERT INTO refund (id, public_id, payment_id, amount, state) VALUES (1, 'r1', 1, 20000, 'succeeded');
INSERT INTO gateway_event (id, source, event_id, received_at, applied_at, ignored_reason) VALUES
    (1, 'bank', 'bn_1', @AGO, @AGO, NULL), (2, 'stripe', 'evt_1', @AGO, NULL, 'not_needed');
INSERT INTO customer_order (id, number, idempotency_key, payment_method, state, goods_total, delivery_total, total,
    hold_until, placed_at, paid_at) VALUES
    (1, 'OC-1', 'o1', 'vietqr', 'paid', 100000, 20000, 120000, @AGO, @AGO, @AGO);
INSERT INTO sub_order (id, order_id, producer_id, goods_total, delivery_fee, total, state) VALUES
    (1, 1, 1, 100000, 20000, 120000, 'to_pack');
INSERT INTO order_line (id, sub_order_id, product_id, pack_id, certificate_id, stars, decision_number, quantity,
    unit_price, line_total) VALUES (1, 1, 1, 1, 1, 4, '12/QD', 2, 50000, 100000);
INSERT INTO order_event (id, order_id, sub_order_id, from_state, to_state) VALUES
    (1, 1, NULL, NULL, 'awaiting_payment'), (2, 1, 1, NULL, 'waiting'), (3, 1, NULL, 'awaiting_payment', 'paid'),
    (4, 1, 1, 'waiting', 'to_pack');
INSERT INTO order_payment (id, order_id, payment_id) VALUES (1, 1, 1);
INSERT INTO payment_share (id, payment_id, sub_order_id, amount) VALUES (1, 1, 1, 120000);
INSERT INTO certificate (id, stars, decision_number, issued_on, expires_on, ended_on) VALUES
    (1, 4, '12/QD', '2025-06-01', '2028-06-01', NULL);
INSERT INTO lot (id, product_id, pack_id, on_hand, reserved, state, state_changed_at) VALUES
    (1, 1, 1, 8, 3, 'open', NULL);
INSERT INTO stock_move (id, lot_id, delta, reason, ref_type, ref_id) VALUES
    (1, 1, 10, 'receipt', 'lot', '1'), (2, 1, -2, 'sale', 'order_line', '1');
INSERT INTO reservation (id, lot_id, quantity, state, expires_at, ref_type, ref_id, created_at) VALUES
    (1, 1, 2, 'consumed', NULL, 'order_line', '1', @AGO), (2, 1, 3, 'held', NULL, 'order_line', '9', @AGO);
INSERT INTO refund_line (id, refund_id, sub_order_id, order_line_id, amount) VALUES (1, 1, 1, 1, 20000);
INSERT INTO earning (id, sub_order_id, payment_id, refund_id, gross, fee, vat, pit, net) VALUES
    (1, 1, 1, NULL, 120000, 0, 0, 0, 120000), (2, 1, 1, 1, -20000, 0, 0, 0, -20000);
INSERT INTO earning_part (id, earning_id, order_line_id, amount, fee_basis_points, vat_basis_points, pit_basis_points)
    VALUES (1, 1, 1, 100000, 0, 0, 0), (2, 1, NULL, 20000, 100, 100, 100);
INSERT INTO statement_difference (id, account, subject, kind, state, found_at, owner_id) VALUES
    (1, 'gateway:card', 'pi_9', 'missing_here', 'open', @AGO, 7), (2, '190', 'FT9', 'missing_here', 'gone', @AGO, NULL);
INSERT INTO stall (id, bank_bin, bank_account) VALUES (1, '999999', '0922');
INSERT INTO stall_account (id, stall_id, bank_bin, account_number, state, is_taken_over, changed_by_id, decided_by_id,
    decided_at) VALUES (1, 1, '999999', '0911', 'replaced', TRUE, NULL, NULL, NULL),
    (2, 1, '999999', '0922', 'verified', FALSE, 7, 8, @AGO), (3, 1, '999999', '0933', 'waiting', FALSE, 7, NULL, NULL);
INSERT INTO sale_code (id, stall_id, bank_bin, bank_account, reserved_at) VALUES (1, 1, '999999', '0922', @AGO);
INSERT INTO stall_sale (id, stall_id, client_id, amount, means, state, payment_id, sequence) VALUES
    (1, 1, 'c1', 45000, 'qr', 'paid', 2, 1), (2, 1, 'c2', 9000, 'cash', 'cancelled', NULL, 2),
    (3, 1, 'c3', 9000, 'qr', 'cancelled', 5, NULL);
INSERT INTO stall_sale_line (id, sale_id, pack_id, product_id, quantity, unit_price, line_total) VALUES
    (1, 2, 1, 1, 2, 4500, 9000);
INSERT INTO sale_receipt (id, sale_id, receipt_id) VALUES (1, 1, 3);
INSERT INTO sale_conversion (id, qr_sale_id, cash_sale_id) VALUES (1, 3, 2);
INSERT INTO sale_refusal (id, vendor_id, stall_id, client_id, code) VALUES (1, 1, 1, 'c9', 'stall_closed');
INSERT INTO payment (id, public_id, purpose, rail, amount, received, refunded, state, idempotency_key, created_at)
    VALUES (60, 'p60', 'market_fee', 'vietqr', 90000, 0, 0, 'pending', 'k60', @AGO);
INSERT INTO market_fee (id, market_id, stall_id, amount, state, payment_id) VALUES (1, 1, 1, 90000, 'due', 60);
INSERT INTO sticker_check (id, stall_id, result, checked_at) VALUES (1, 1, 'other_account', @AGO);
INSERT INTO sticker_report (id, stall_id, check_id, opened_at) VALUES (1, 1, 1, @AGO);
UPDATE bank_receipt SET bin = '999999', account = '0911', payment_id = 2 WHERE id = 3;
UPDATE payment SET payee_bin = '999999', payee_account = '0911' WHERE id = 2;
INSERT INTO stall_shift (id, stall_id, number, first_sequence, last_sequence, opening_cash, closed_at) VALUES
    (1, 1, 1, 1, 2, 0, @AGO), (2, 1, 2, 3, NULL, 0, NULL);
INSERT INTO stall_shift_count (id, shift_id, means, sales, recorded, expected, found, difference, reason) VALUES
    (1, 1, 'qr', 1, 45000, 45000, 45000, 0, ''), (2, 1, 'cash', 0, 0, 0, 0, 0, '');
"""

SPOILED = [
    ("I01", "DELETE FROM ledger_line WHERE id = 2"),
    ("I01", "DELETE FROM ledger_line WHERE entry_id = 4"),
    ("I01", "UPDATE ledger_line SET amount = amount + 1 WHERE id = 6"),
    ("I02", "UPDATE ledger_line SET amount = 0 WHERE id = 1"),
    ("I02", "UPDATE ledger_line SET amount = 1000000000001 WHERE id = 1"),
    ("I03", "UPDATE ledger_line SET amount = amount + 1 WHERE id = 1"),
    ("I04", "INSERT INTO ledger_entry (id, kind, ref_type, ref_id) VALUES (99, 'payment_settled', 'payment', 'p1')"),
    (
        "I04",
        "INSERT INTO ledger_entry (id, kind, ref_type, ref_id, reverses_id) "
        "VALUES (98, 'a', 'x', '1', 3), (99, 'b', 'x', '2', 3)",
    ),
    ("I06", "UPDATE ledger_line SET amount = 130000 WHERE id = 7"),
    ("I07", "UPDATE customer_order SET total = 1"),
    ("I07", "UPDATE sub_order SET goods_total = 99999"),
    ("I08", "UPDATE order_line SET unit_price = 1"),
    ("I10", "DELETE FROM ledger_line WHERE entry_id = 8"),
    ("I10", "DELETE FROM ledger_line WHERE entry_id = 4"),
    ("I10", "UPDATE ledger_entry SET ref_type = 'ledger_entry', ref_id = '1', reverses_id = 1 WHERE id = 4"),
    ("I10b", "DELETE FROM earning WHERE id = 1"),
    ("I10b", "DELETE FROM earning WHERE id = 2"),
    ("I10b", "UPDATE earning SET payment_id = 3"),
    ("I10b", "UPDATE payment SET held_account = NULL WHERE id = 1"),
    ("I10b", "UPDATE refund SET state = 'failed'"),
    ("I11", "UPDATE order_event SET from_state = 'cancelled' WHERE id = 3"),
    ("I11b", "UPDATE order_event SET from_state = 'delivered' WHERE id = 4"),
    ("I12", "UPDATE customer_order SET state = 'completed'"),
    ("I12", "DELETE FROM order_event WHERE sub_order_id IS NULL"),
    ("I12b", "UPDATE sub_order SET state = 'shipped'"),
    ("I13", "UPDATE payment SET state = 'pending' WHERE id = 1"),
    ("I13", "UPDATE payment SET amount = 119999 WHERE id = 1"),
    ("I13", "INSERT INTO order_payment (id, order_id, payment_id) VALUES (2, 1, 1)"),
    ("I13b", "UPDATE customer_order SET paid_at = NULL"),
    ("I14", "UPDATE payment SET held_account = 'unapplied', refunded = 0 WHERE id = 1"),
    ("I15", "DELETE FROM order_line"),
    ("I16", "UPDATE customer_order SET state = 'awaiting_payment', hold_until = @AGO"),
    ("I17", "INSERT INTO customer_order (id, number, idempotency_key) VALUES (2, 'OC-2', 'o1')"),
    ("I17", "INSERT INTO customer_order (id, number, idempotency_key) VALUES (2, 'OC-1', 'o2')"),
    ("I18", "UPDATE lot SET reserved = 9"),
    ("I19", "UPDATE lot SET on_hand = 9"),
    ("I20", "UPDATE reservation SET quantity = 4 WHERE id = 2"),
    ("I21", "UPDATE stock_move SET ref_id = '77' WHERE id = 2"),
    (
        "I21",
        "INSERT INTO stock_move (id, lot_id, delta, reason, ref_type, ref_id) VALUES "
        "(3, 1, -2, 'sale', 'order_line', '1')",
    ),
    ("I22", "UPDATE reservation SET expires_at = @AGO WHERE id = 2"),
    (
        "I23",
        "INSERT INTO stock_move (id, lot_id, delta, reason, ref_type, ref_id) VALUES "
        "(3, 1, 3, 'return', 'order_line', '1')",
    ),
    ("I23", "UPDATE reservation SET returned = 1 WHERE id = 1"),
    ("I23", "UPDATE reservation SET returned = 3 WHERE id = 1"),
    ("I24", "UPDATE lot SET state = 'blocked', state_changed_at = '2025-01-01 00:00:00.000000'"),
    ("I25", "UPDATE payment SET gateway_id = 'pi_4'"),
    ("I25", "UPDATE payment SET idempotency_key = 'same'"),
    ("I25", "UPDATE payment_share SET amount = 119999"),
    ("I26", "UPDATE gateway_event SET event_id = 'bn_1', source = 'bank'"),
    ("I26", "UPDATE gateway_event SET applied_at = NULL WHERE id = 1"),
    ("I27", "UPDATE payment SET state = 'pending' WHERE id = 4"),
    ("I28", "UPDATE refund SET amount = 120001"),
    ("I28", "UPDATE payment SET refunded = 0 WHERE id = 1"),
    ("I28b", "UPDATE refund_line SET amount = 100001"),
    ("I29", "DELETE FROM ledger_entry WHERE id = 3"),
    ("I29", "UPDATE payment SET amount = 46000 WHERE id = 2"),
    ("I29", "UPDATE payment SET state = 'pending' WHERE id = 2"),
    ("I29", "UPDATE refund SET state = 'pending'"),
    ("I29", "DELETE FROM ledger_entry WHERE id = 7"),
    ("I31", "UPDATE customer_order SET note = 'Thẻ của tôi 4242 4242 4242 4242'"),
    ("I31", "UPDATE bank_receipt SET memo = 'thanh toan 3782 822463 10005'"),
    ("I31", """UPDATE gateway_event SET body = '{"data": [{"note": "9704000000000018"}]}'"""),
    ("I31", f"""UPDATE gateway_event SET body = '{{"note": "{"mua trà " * 40} 5555 5555 5555 4444"}}'"""),
    ("I35", "UPDATE earning SET net = 119000, fee = 1000 WHERE id = 1"),
    ("I35", "UPDATE ledger_account SET code = 'producer:2:payable' WHERE id = 5"),
    ("I35", "DELETE FROM ledger_entry WHERE id = 4"),
    ("I35b", "UPDATE earning SET fee = 1 WHERE id = 1"),
    ("I35b", "UPDATE earning SET gross = -120000, fee = -1, net = -119999 WHERE id = 2"),
    ("I35b", "UPDATE earning SET gross = -120001, net = -120001 WHERE id = 2"),
    ("I35c", "UPDATE sub_order SET state = 'delivered'"),
    ("I35h", "UPDATE earning SET fee = -1, net = -19999 WHERE id = 2"),
    ("I35h", "UPDATE earning SET vat = 1, pit = -1 WHERE id = 2"),
    ("I35h", "UPDATE earning_part SET vat_basis_points = 1 WHERE id = 1"),
    ("I35h", "UPDATE refund_line SET order_line_id = NULL"),
    ("I30", "UPDATE statement_difference SET owner_id = NULL WHERE id = 1"),
    ("I30", "UPDATE statement_difference SET state = 'open' WHERE id = 2"),
    ("I36", "INSERT INTO stall_sale (id, stall_id, client_id, means, state) VALUES (3, 1, 'c2', 'cash', 'cancelled')"),
    ("I36", "UPDATE stall_sale SET amount = 44000 WHERE id = 1"),
    ("I36", "UPDATE payment SET held_account = 'stall:2:sales' WHERE id = 2"),
    ("I21b", "UPDATE stall_sale_line SET sale_id = 1"),
    (
        "I21b",
        "INSERT INTO stock_move (id, lot_id, delta, reason, ref_type, ref_id) VALUES "
        "(3, 1, -2, 'sale', 'stall_sale_line', '1')",
    ),
    ("I36c", "UPDATE stall_sale_line SET quantity = 1"),
    ("I36c", "UPDATE stall_sale SET amount = 9001 WHERE id = 2"),
    ("I36b", "UPDATE stall_sale SET amount = 44000 WHERE id = 1"),
    ("I36b", "UPDATE bank_receipt SET payment_id = 1 WHERE id = 3"),
    ("I36b", "UPDATE bank_receipt SET account = '666' WHERE id = 3"),
    ("I37", "UPDATE stall_sale SET state = 'paid' WHERE id = 2"),
    ("I37b", "UPDATE stall_sale SET sequence = 0 WHERE id = 1"),
    ("I37b", "UPDATE stall_shift SET first_sequence = 1"),
    ("I37c", "UPDATE stall_sale SET amount = 44000 WHERE id = 1"),
    ("I37c", "UPDATE stall_sale SET sequence = 3 WHERE id = 1"),
    ("I37c", "UPDATE stall_shift_count SET found = 1000, difference = 1000 WHERE id = 2"),
    ("I37c", "DELETE FROM stall_shift_count WHERE id = 2"),
    ("I38", "UPDATE stall_sale SET state = 'cancelled' WHERE id = 1"),
    ("I39", "UPDATE sale_refusal SET client_id = 'c1'"),
    ("I39", "UPDATE sale_refusal SET code = ''"),
    ("I40b", "UPDATE ledger_entry SET kind = 'cash_sale', ref_type = 'stall_sale', ref_id = '1' WHERE id = 9"),
    ("I40b", "UPDATE stall_sale SET state = 'paid' WHERE id = 3"),
    ("I40", "UPDATE stall_sale SET payment_id = 2 WHERE id = 2"),
    ("I45", "UPDATE order_line SET stars = 5"),
    ("I45", "UPDATE certificate SET expires_on = '2026-01-05'"),
    ("I45", "UPDATE certificate SET ended_on = '2026-01-05'"),
    ("I47", "UPDATE lot SET product_id = 2"),
    ("K01", "UPDATE market_fee SET amount = 80000"),
    ("K01", "UPDATE market_fee SET state = 'paid', means = 'qr'"),
    ("K01", "UPDATE market_fee SET state = 'paid', means = 'cash'"),
    ("K02", "DELETE FROM sticker_report"),
    ("K03", "UPDATE payment SET payee_account = '0933' WHERE id = 2"),
    ("K03", "UPDATE payment SET payee_bin = '999998' WHERE id = 2"),
    ("K03", "DELETE FROM stall_account WHERE id = 1"),
    ("K03", "UPDATE stall_account SET stall_id = 2 WHERE id = 1"),
    ("K03", "UPDATE stall_account SET is_taken_over = FALSE, decided_at = '2026-01-06 05:00:00.000000' WHERE id = 1"),
    ("K03", "UPDATE sale_code SET bank_account = '0933'"),
    ("K03", "UPDATE sale_code SET reserved_at = '2026-01-04 05:00:00.000000'"),
    ("K04", "UPDATE stall SET bank_account = '0933'"),
    ("K04", "UPDATE stall_account SET state = 'replaced' WHERE id = 2"),
    ("K04", "UPDATE stall_account SET decided_by_id = 7 WHERE id = 2"),
    ("K04", "UPDATE stall_account SET decided_by_id = NULL WHERE id = 2"),
    ("M01", "UPDATE bank_receipt SET applied = 150000 WHERE id = 1"),
    ("M02", "UPDATE receipt_application SET amount = 6000 WHERE id = 2"),
    ("M03", "UPDATE bank_receipt SET applied = 119000 WHERE id = 1"),
    ("M04", "UPDATE payment SET received = 6000 WHERE id = 3"),
    ("M06", "DELETE FROM work_item"),
    ("M06", "UPDATE work_item SET state = 'decided'"),
    ("M06", "INSERT INTO work_item (id, kind, receipt_id, state) VALUES (2, 'unapplied', 2, 'taken')"),
    ("M06", "UPDATE bank_receipt SET state = 'returning' WHERE id = 1"),
    ("M07", "UPDATE bank_receipt SET state = 'ignored' WHERE id = 4"),
    ("M07", "UPDATE bank_reversal SET is_booked = FALSE"),
    ("M05", "UPDATE ledger_account SET code = 'refund:transit' WHERE code = 'producer:1:payable'"),
]


@pytest.fixture
def spoilable(context: Flask) -> Iterator[None]:
    """A sound shop in temporary tables that hide the real ones on this connection."""
    names = {word.split(" ")[0] for word in SOUND.split("INSERT INTO ")[1:]}
    existing = set(inspect(db.engine).get_table_names())
    assert names <= existing
    for name in sorted(names):
        db.session.execute(text(f"CREATE TEMPORARY TABLE {name} AS SELECT * FROM {name}"))
    for statement in SOUND.split(";\n"):
        if statement.strip():
            db.session.execute(text(statement.replace("@AGO", LONG_AGO)))
    yield
    db.session.rollback()


def _fired() -> set[str]:
    return {finding.check.name for finding in audit_checks.run()}


def test_a_sound_shop_keeps_every_promise(spoilable: None) -> None:
    assert _fired() == set()


@pytest.mark.parametrize(("name", "spoil"), SPOILED)
def test_a_spoiled_shop_is_found_out(spoilable: None, name: str, spoil: str) -> None:
    db.session.execute(text(spoil.replace("@AGO", LONG_AGO)))
    assert name in _fired()


@pytest.mark.parametrize(("entry_id", "undone"), [(4, 3), (8, 7)])
def test_a_reversal_gives_back_to_the_payment_whose_entry_it_reverses(
    spoilable: None, entry_id: int, undone: int
) -> None:
    reverses = "UPDATE ledger_entry SET ref_type = 'ledger_entry', ref_id = :ref, reverses_id = :undone WHERE id = :id"
    db.session.execute(text(reverses), {"ref": str(undone), "undone": undone, "id": entry_id})
    assert "I10" not in _fired()


#: Promises kept by triggers, and the tables that wear them.
GUARDED = {"I05": ("ledger_account", "ledger_entry", "ledger_line"), "I09": ("order_line",)}


def test_every_promise_is_proven_to_fire(app: Flask) -> None:
    assert {check.name for check in audit_checks.checks()} == (
        {name for name, _ in (*SPOILED, *test_payout_checks.SPOILED, *test_board_payouts.SPOILED)} | set(GUARDED)
    )


@pytest.mark.parametrize(("name", "table"), [(name, table) for name, tables in GUARDED.items() for table in tables])
def test_a_table_without_its_guard_is_found_out(context: Flask, guards_again: None, name: str, table: str) -> None:
    assert _fired() == set()
    with transaction():
        _drop_guards(table)
    assert _fired() == {name}


def test_a_card_number_is_found_but_never_shown(spoilable: None) -> None:
    db.session.execute(text("UPDATE customer_order SET note = 'Thẻ 4242424242424242'"))
    (finding,) = audit_checks.run()
    assert finding.rows == [{"table_name": "customer_order", "row_id": 1}]


def test_suspects_of_card_numbers_come_out_of_an_index_of_every_table_that_grows(context: Flask) -> None:
    (check,) = (check for check in audit_checks.checks() if check.name == "I31")
    explain = "EXPLAIN QUERY PLAN " + check.sqlite
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL enable_seqscan = off"))  # as in a large table
        explain = "EXPLAIN " + check.sql
    plan = "\n".join(str(row) for row in db.session.execute(text(explain)))
    indexes = {str(index.name) for table in db.metadata.sorted_tables for index in table.indexes}
    suspects = {name for name in indexes if name.endswith("_suspects")}
    assert {name for name in suspects if name in plan} == suspects
    assert len(suspects) == 10


@pytest.mark.parametrize(
    "kept",
    [
        "UPDATE bank_receipt SET payer_account = '4242424242424242', memo = 'MBVCB.3278907687.050263'",
        """UPDATE gateway_event SET body = '{"payer_account": "4242424242424242", "created": 1763700000}'""",
    ],
)
def test_numbers_of_accounts_are_no_card_numbers(spoilable: None, kept: str) -> None:
    db.session.execute(text(kept))
    assert _fired() == set()


def test_an_empty_shop_keeps_every_promise(context: Flask) -> None:
    assert audit_checks.run() == []


def test_the_audit_ends_in_a_worker_that_only_notes_a_signal_to_stop(context: Flask) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # as the worker does; its helpers inherit it
    try:
        for _time in range(5):
            assert audit_checks.run_side_by_side() == []
    finally:
        signal.signal(signal.SIGTERM, before)


def _drop_guards(*tables: str) -> None:
    for table in tables or GUARDED["I05"]:
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            for verb in ("update", "delete"):
                db.session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))


@pytest.fixture
def guards_again(context: Flask) -> Iterator[None]:
    yield
    if db.engine.dialect.name == "postgresql":
        with transaction():
            for table in (table for tables in GUARDED.values() for table in tables):
                db.session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


@pytest.mark.parametrize(
    "spoil", ["DELETE FROM ledger_line WHERE id = 1", "UPDATE ledger_line SET amount = amount + 1 WHERE id = 1"]
)
def test_the_command_names_a_spoiled_line_and_fails(context: Flask, guards_again: None, spoil: str) -> None:
    lines = {"gateway:card": Dong(5), "unapplied": Dong(-5)}
    with transaction():
        entry = services.post("test", ref_type="test", ref_id="1", occurred_at=_now(), lines=lines)
        assert entry is not None
    runner = context.test_cli_runner()
    sound = runner.invoke(args=["ledger", "audit"])
    assert "BROKEN I01" not in sound.output
    with transaction():
        _drop_guards()
        db.session.execute(text(spoil))
    spoiled = runner.invoke(args=["ledger", "audit"])
    assert spoiled.exit_code == 1
    assert "BROKEN I01" in spoiled.output and "BROKEN I05" in spoiled.output and "ref_id=1" in spoiled.output


def test_the_command_ends_well_when_all_is_well(context: Flask) -> None:
    result = context.test_cli_runner().invoke(args=["ledger", "audit"])
    assert result.exit_code == 0 and "promises are kept" in result.output


def _now() -> object:
    from marketplace.core import clock

    return clock.now()
