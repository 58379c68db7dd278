"""A shop with many orders, sales and entries, written by set-wise SQL: what the audit is measured on.

The rows are what the rooms would have written (``test_filling`` lets the audit itself say so), without their time.
"""

from datetime import timedelta

from sqlalchemy import bindparam, text

from marketplace.core import clock
from marketplace.core.db import UtcDateTime, db, transaction
from tests.bench import filling as shelves

#: Days over which the orders are spread, and how many stalls share the sales.
DAYS = 20
STALLS = 100

_METHOD = "CASE WHEN n.n % 10 < 4 THEN 'card' WHEN n.n % 10 < 8 THEN 'vietqr' ELSE 'cash_on_delivery' END"
_PREPAID = "n.n % 10 < 8"
_PARTS = "(2 - n.n % 2)"

#: ``@N`` is the number of orders, ``n`` counts them, ``part`` has a row per parcel: its order, product and payment.
#: A parcel is two lines (2 x 50,000 and 1 x 30,000) and 20,000 for delivery; every second order has two parcels.
_ORDERS = f"""
CREATE TEMPORARY TABLE part AS SELECT n.n AS id, n.n AS order_id, n.n % 10000 + 1 AS product_id,
    CASE WHEN {_PREPAID} THEN n.n ELSE 2 * @N + n.n END AS payment_id, n.moment FROM n
    UNION ALL SELECT @N + n.n / 2, n.n, (n.n + 100) % 10000 + 1,
    CASE WHEN {_PREPAID} THEN n.n ELSE 3 * @N + n.n END, n.moment FROM n WHERE n.n % 2 = 0;
INSERT INTO customer_order (id, number, secret_hash, idempotency_key, request_hash, contact_name, contact_phone,
    commune_id, address_line, note, payment_method, state, goods_total, delivery_total, total, hold_until, locale,
    is_illustrative, placed_at, paid_at)
    SELECT n.n, 'OC-' || n.n, 'secret-' || n.n, 'key-' || n.n, 'asked-' || n.n, 'Nguyễn Thị Lan', '+84912345678',
    (SELECT MIN(commune_id) FROM producer), 'Ấp Tây Bình, nhà số ' || n.n, 'Gọi trước khi giao', {_METHOD},
    CASE WHEN {_PREPAID} THEN 'paid' ELSE 'completed' END, 130000 * {_PARTS}, 20000 * {_PARTS}, 150000 * {_PARTS},
    NULL, 'vi', FALSE, n.moment, n.moment FROM n;
INSERT INTO sub_order (id, order_id, producer_id, goods_total, delivery_fee, total, state,
    delivered_at)
    SELECT part.id, part.order_id, p.producer_id, 130000, 20000, 150000,
    CASE WHEN part.order_id % 10 < 8 THEN 'to_pack' ELSE 'delivered' END,
    CASE WHEN part.order_id % 10 >= 8 THEN part.moment END
    FROM part JOIN product p ON p.id = part.product_id;
INSERT INTO order_line (id, sub_order_id, product_id, pack_id, certificate_id, product_name, pack_label, stars,
    decision_number, quantity, unit_price, line_total)
    SELECT part.id + 2 * @N * k.k, part.id, p.id, p.id, c.id, p.name, 'Túi 500 g', c.stars, c.decision_number,
    2 - k.k, 50000 - 20000 * k.k, (2 - k.k) * (50000 - 20000 * k.k)
    FROM part JOIN product p ON p.id = part.product_id JOIN certificate c ON c.id = p.id
    CROSS JOIN (SELECT 0 AS k UNION ALL SELECT 1) AS k;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT n.n, NULL, NULL, CASE WHEN {_PREPAID} THEN 'awaiting_payment' ELSE 'confirmed' END, '', n.moment FROM n;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT n.n, NULL, CASE WHEN {_PREPAID} THEN 'awaiting_payment' ELSE 'confirmed' END, 'paid', '', n.moment FROM n;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT n.n, NULL, 'paid', 'completed', '', n.moment FROM n WHERE NOT {_PREPAID};
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT order_id, id, NULL, CASE WHEN order_id % 10 < 8 THEN 'waiting' ELSE 'to_pack' END, '', moment FROM part;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT order_id, id, 'waiting', 'to_pack', '', moment FROM part WHERE order_id % 10 < 8;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT order_id, id, 'to_pack', 'packed', '', moment FROM part WHERE order_id % 10 >= 8;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT order_id, id, 'packed', 'shipped', '', moment FROM part WHERE order_id % 10 >= 8;
INSERT INTO order_event (order_id, sub_order_id, from_state, to_state, note, at)
    SELECT order_id, id, 'shipped', 'delivered', '', moment FROM part WHERE order_id % 10 >= 8
"""

_GOODS = """
INSERT INTO stock_move (lot_id, delta, reason, ref_type, ref_id, note, at)
    SELECT ol.product_id, -ol.quantity, 'sale', 'order_line', CAST(ol.id AS VARCHAR(20)), '', part.moment
    FROM order_line ol JOIN part ON part.id = ol.sub_order_id;
INSERT INTO reservation (lot_id, quantity, returned, state, expires_at, ref_type, ref_id, created_at)
    SELECT ol.product_id, ol.quantity, 0, 'consumed', NULL, 'order_line', CAST(ol.id AS VARCHAR(20)), part.moment
    FROM order_line ol JOIN part ON part.id = ol.sub_order_id;
UPDATE lot SET on_hand = (SELECT SUM(delta) FROM stock_move m WHERE m.lot_id = lot.id)
"""

#: Payments 1..@N are prepaid orders, those above 2 * @N parcels paid at the door, those above 5 * @N sales at stalls.
_PAYMENTS = f"""
INSERT INTO payment (id, public_id, purpose, rail, amount, received, refunded, state, idempotency_key, gateway_id,
    transfer_code, held_account, checked_at, created_at, settled_at)
    SELECT n.n, 'p' || n.n, 'order', {_METHOD}, 150000 * {_PARTS}, CASE WHEN n.n % 10 < 4 THEN 0 ELSE
    150000 * {_PARTS} END, CASE WHEN n.n % 20 = 0 THEN 30000 ELSE 0 END, 'settled', 'pay-' || n.n,
    CASE WHEN n.n % 10 < 4 THEN 'pi_' || n.n END, CASE WHEN n.n % 10 >= 4 THEN 'T' || n.n END, 'order:escrow',
    n.moment, n.moment, n.moment FROM n WHERE {_PREPAID};
INSERT INTO payment (id, public_id, purpose, rail, amount, received, refunded, state, idempotency_key, held_account,
    created_at, settled_at)
    SELECT payment_id, 'p' || payment_id, 'order', 'cash_on_delivery', 150000, 0, 0, 'settled',
    'pay-' || payment_id, 'order:escrow', moment, moment FROM part WHERE order_id % 10 >= 8;
INSERT INTO order_payment (order_id, payment_id, created_at)
    SELECT MIN(order_id), payment_id, MIN(moment) FROM part GROUP BY payment_id;
INSERT INTO payment_share (payment_id, sub_order_id, amount) SELECT payment_id, id, 150000 FROM part;
INSERT INTO refund (id, public_id, payment_id, amount, state, idempotency_key, gateway_id, reason, created_at,
    succeeded_at) SELECT n.n, 'r' || n.n, n.n, 30000, 'succeeded', 'refund-' || n.n, 're_' || n.n, 'Hộp bị vỡ',
    n.moment, n.moment FROM n WHERE n.n % 20 = 0;
INSERT INTO refund_line (refund_id, sub_order_id, order_line_id, quantity, amount)
    SELECT n.n, n.n, n.n + 2 * @N, 1, 30000 FROM n WHERE n.n % 20 = 0;
INSERT INTO earning (sub_order_id, payment_id, refund_id, occurred_at, gross, fee, vat, pit, net)
    SELECT id, payment_id, NULL, moment, 150000, 0, 0, 0, 150000 FROM part;
INSERT INTO earning_part (earning_id, order_line_id, amount, fee_basis_points, vat_basis_points, pit_basis_points)
    SELECT e.id, ol.id, ol.line_total, 0, 0, 0 FROM earning e JOIN order_line ol ON ol.sub_order_id = e.sub_order_id;
INSERT INTO earning (sub_order_id, payment_id, refund_id, occurred_at, gross, fee, vat, pit, net)
    SELECT n.n, n.n, n.n, n.moment, -30000, 0, 0, 0, -30000 FROM n WHERE n.n % 20 = 0;
INSERT INTO bank_receipt (id, bank_reference, bin, account, is_ours, amount, applied, memo, payer_name,
    payer_account, transacted_at, received_at, payment_id, state, note)
    SELECT n.n, 'FT' || n.n, '970400', '900000001', TRUE, p.amount, p.amount, 'MBVCB.327890 T' || n.n, 'NGUYEN THI LAN',
    '0123456789', n.moment, n.moment, p.id, 'applied', '' FROM n JOIN payment p ON p.id = n.n
    WHERE p.rail = 'vietqr';
INSERT INTO receipt_application (id, receipt_id, payment_id, amount, applied_at)
    SELECT id, id, payment_id, amount, received_at FROM bank_receipt;
INSERT INTO gateway_event (source, event_id, type, body, body_hash, payment_id, received_at, applied_at)
    SELECT CASE WHEN n.n % 10 < 4 THEN 'stripe' ELSE 'bank' END, 'evt_' || n.n, 'payment_intent.succeeded',
    '{{"id": "evt_' || n.n || '", "created": 1763700000, "note": "@FILLER"}}', 'hash-' || n.n, n.n, n.moment,
    n.moment FROM n WHERE {_PREPAID};
INSERT INTO audit_event (at, action, object_type, object_id, detail, previous_hash, hash)
    SELECT n.moment, 'order.placed', 'order', CAST(n.n AS VARCHAR(20)), '{{"total": 300000, "payment": "' || {_METHOD}
    || '"}}', 'hash-' || (n.n - 1), 'hash-' || n.n FROM n;
INSERT INTO outbox_message (key, topic, payload, created_at, due_at, attempts, done_at)
    SELECT 'told:' || n.n, 'orders.told', '{{"order_id": ' || n.n || '}}', n.moment, n.moment, 1, n.moment FROM n
"""

_MARKET = """
INSERT INTO market (id, slug, kind, name, commune_id, collects_fees_cashless, is_illustrative, opened_at)
    SELECT 1, 'cho-nui-sap', 'market', 'Chợ Núi Sập', MIN(commune_id), FALSE, FALSE, :now FROM producer;
INSERT INTO stall (id, market_id, number, name, goods, bank_bin, bank_account, is_active, opened_at, last_sequence)
    SELECT n.n, 1, CAST(n.n AS VARCHAR(20)), 'Cô Ba', '', '970400', '123', TRUE, :now, @N FROM n WHERE n.n <= @STALLS;
INSERT INTO stall_account (stall_id, bank_bin, account_number, holder, state, is_taken_over, changed_at, reason)
    SELECT id, bank_bin, bank_account, name, 'verified', TRUE, :now, '' FROM stall;
INSERT INTO stall_shift (stall_id, number, first_sequence, opening_cash, opened_at)
    SELECT id, 1, 1, 0, :now FROM stall;
INSERT INTO payment (id, public_id, purpose, rail, amount, received, refunded, state, idempotency_key,
    transfer_code, payee_bin, payee_account, held_account, created_at, settled_at)
    SELECT 5 * @N + n.n, 's' || n.n, 'stall_sale', 'vietqr', 45000, 45000, 0, 'settled', 'sale-' || n.n,
    'S' || n.n, '970400', '123', 'stall:' || CAST(n.n % @STALLS + 1 AS VARCHAR(20)) || '@:sales', n.moment, n.moment
    FROM n WHERE n.n % 2 = 0;
INSERT INTO bank_receipt (id, bank_reference, bin, account, is_ours, amount, applied, memo, payer_name,
    payer_account, transacted_at, received_at, payment_id, state, note)
    SELECT @N + n.n, 'FS' || n.n, '970400', '123', FALSE, 45000, 45000, 'S' || n.n, '', '', n.moment, n.moment,
    5 * @N + n.n, 'applied', '' FROM n WHERE n.n % 2 = 0;
INSERT INTO receipt_application (id, receipt_id, payment_id, amount, applied_at)
    SELECT id, id, payment_id, amount, received_at FROM bank_receipt WHERE NOT is_ours;
INSERT INTO stall_sale (id, stall_id, client_id, amount, means, state, payment_id, is_illustrative, sold_at, paid_at,
    sequence)
    SELECT n.n, n.n % @STALLS + 1, 'c' || n.n, 45000, CASE WHEN n.n % 2 = 0 THEN 'qr' ELSE 'cash' END, 'paid',
    CASE WHEN n.n % 2 = 0 THEN 5 * @N + n.n END, FALSE, n.moment, n.moment, n.n / @STALLS + 1
    FROM n
"""

#: One entry per fact: ``id`` is spread so that none meets another.
_BOOKS = """
INSERT INTO ledger_account (code, kind, opened_at) VALUES ('gateway:card', 'asset', :now),
    ('bank:collecting', 'asset', :now), ('cod:receivable', 'asset', :now), ('unapplied', 'liability', :now),
    ('payment:funding', 'liability', :now), ('order:escrow', 'liability', :now);
INSERT INTO ledger_account (code, kind, opened_at)
    SELECT 'producer:' || CAST(id AS VARCHAR(20)) || '@:payable', 'liability', :now FROM producer
    UNION ALL SELECT 'stall:' || CAST(id AS VARCHAR(20)) || '@:sales', 'memo', :now FROM stall
    UNION ALL SELECT 'stall:' || CAST(id AS VARCHAR(20)) || '@:own_bank', 'memo', :now FROM stall
    UNION ALL SELECT 'stall:' || CAST(id AS VARCHAR(20)) || '@:cash', 'memo', :now FROM stall;
CREATE TEMPORARY TABLE posting AS
    SELECT 'payment_settled' AS kind, 'payment' AS ref_type, public_id AS ref_id, settled_at AS moment,
    CASE rail WHEN 'card' THEN 'gateway:card' WHEN 'vietqr' THEN CASE WHEN purpose = 'order' THEN 'payment:funding'
    ELSE REPLACE(held_account, '@:sales', '@:own_bank') END ELSE 'cod:receivable' END AS debit,
    held_account AS credit, amount FROM payment
    UNION ALL SELECT 'receipt_received', 'bank_receipt', bank_reference, received_at, 'bank:collecting', 'unapplied',
    amount FROM bank_receipt WHERE is_ours
    UNION ALL SELECT 'receipt_applied', 'receipt_application', CAST(a.id AS VARCHAR(20)), a.applied_at, 'unapplied',
    'payment:funding', a.amount FROM receipt_application a JOIN bank_receipt b ON b.id = a.receipt_id AND b.is_ours
    UNION ALL SELECT 'refund_settled', 'refund', r.public_id, r.succeeded_at, 'order:escrow',
    CASE WHEN p.rail = 'card' THEN 'gateway:card' ELSE 'bank:collecting' END, r.amount
    FROM refund r JOIN payment p ON p.id = r.payment_id
    UNION ALL SELECT 'refund_share', 'refund', r.public_id, r.succeeded_at,
    'producer:' || CAST(s.producer_id AS VARCHAR(20)) || '@:payable', 'order:escrow', r.amount
    FROM refund r JOIN refund_line l ON l.refund_id = r.id JOIN sub_order s ON s.id = l.sub_order_id
    UNION ALL SELECT 'sale_in_cash', 'stall_sale', CAST(id AS VARCHAR(20)), paid_at,
    'stall:' || CAST(stall_id AS VARCHAR(20)) || '@:cash', 'stall:' || CAST(stall_id AS VARCHAR(20)) || '@:sales',
    amount FROM stall_sale WHERE means = 'cash';
INSERT INTO ledger_entry (kind, ref_type, ref_id, occurred_at, posted_at)
    SELECT kind, ref_type, ref_id, moment, moment FROM posting
    UNION ALL SELECT 'order_split', 'payment', public_id, settled_at, settled_at FROM payment
    WHERE purpose = 'order';
INSERT INTO ledger_line (entry_id, account_id, amount)
    SELECT e.id, a.id, posting.amount FROM posting JOIN ledger_entry e ON e.kind = posting.kind
    AND e.ref_type = posting.ref_type AND e.ref_id = posting.ref_id JOIN ledger_account a ON a.code = posting.debit
    UNION ALL SELECT e.id, a.id, -posting.amount FROM posting JOIN ledger_entry e ON e.kind = posting.kind
    AND e.ref_type = posting.ref_type AND e.ref_id = posting.ref_id JOIN ledger_account a ON a.code = posting.credit
    UNION ALL SELECT e.id, a.id, p.amount FROM payment p JOIN ledger_entry e ON e.kind = 'order_split'
    AND e.ref_type = 'payment' AND e.ref_id = p.public_id JOIN ledger_account a ON a.code = 'order:escrow'
    UNION ALL SELECT e.id, a.id, -s.amount FROM payment p JOIN ledger_entry e ON e.kind = 'order_split'
    AND e.ref_type = 'payment' AND e.ref_id = p.public_id JOIN payment_share s ON s.payment_id = p.id
    JOIN sub_order so ON so.id = s.sub_order_id
    JOIN ledger_account a ON a.code = 'producer:' || CAST(so.producer_id AS VARCHAR(20)) || '@:payable'
"""


def fill(orders: int) -> None:
    """Write products with ``tests.bench``, then so many orders and as many stall sales, with all that belongs to them.

    Inside an application context with an empty, migrated database. Ends with fresh statistics for the planner.
    """
    shelves.fill()
    with transaction():
        _count_up(orders)
        for script in (_ORDERS, _GOODS, _PAYMENTS, _MARKET, _BOOKS):
            for statement in script.split(";\n"):
                _execute(statement, orders)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("ANALYZE")
    if db.engine.dialect.name == "postgresql":  # as its own housekeeping leaves rows that came in over years
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _count_up(orders: int) -> None:
    """The table ``n``: 1 to ``orders``, each with a moment within the last days."""
    moment = UtcDateTime()
    db.session.execute(text("CREATE TEMPORARY TABLE day (day INTEGER, moment TIMESTAMP)"))
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE day ALTER COLUMN moment TYPE timestamptz"))
    for day in range(DAYS):
        then = bindparam("moment", clock.now() - timedelta(days=day, minutes=20), type_=moment)
        db.session.execute(text("INSERT INTO day VALUES (:day, :moment)").bindparams(then, day=day))
    db.session.execute(
        text(
            f"CREATE TEMPORARY TABLE n AS WITH RECURSIVE count (n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < {orders}) "
            f"SELECT count.n, day.moment FROM count JOIN day ON day.day = count.n % {DAYS}"
        )
    )


def _execute(statement: str, orders: int) -> None:
    words = {"@N": str(orders), "@STALLS": str(STALLS), "@FILLER": "x" * 900, "@:": "\\:"}
    for word, meaning in words.items():
        statement = statement.replace(word, meaning)
    ready = text(statement)
    if ":now" in statement:
        ready = ready.bindparams(bindparam("now", clock.now(), type_=UtcDateTime()))
    db.session.execute(ready)
