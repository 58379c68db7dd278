"""What producers earned against payments, refunds and the books (I35, I10 by parcel)."""

from marketplace.ledger.audit_checks import Check

#: Lines of the entries by which sales and refunds are divided, and of their reversals. A plus before a column keeps the
#: embedded database from walking its index, row by row; it is slower than reading the table once.
_DIVIDED = """
WITH divided AS (
    SELECT +l.account_id AS account_id, l.amount FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id
    WHERE e.kind IN ('order_split', 'refund_share', 'refund_share_undone')
    UNION ALL
    SELECT l.account_id, l.amount FROM ledger_entry undo JOIN ledger_entry e ON undo.reverses_id = e.id
    JOIN ledger_line l ON l.entry_id = undo.id
    WHERE undo.reverses_id IS NOT NULL AND e.kind IN ('order_split', 'refund_share')
), booked AS MATERIALIZED (
    SELECT a.code, -moved.amount AS amount
    FROM (SELECT account_id, SUM(amount) AS amount FROM divided GROUP BY account_id) AS moved
    JOIN ledger_account a ON a.id = moved.account_id WHERE a.code <> 'order:escrow'
), shared AS MATERIALIZED (
    SELECT +s.producer_id AS producer_id, SUM(e.net) AS net, SUM(e.fee) AS fee, SUM(e.vat) AS vat, SUM(e.pit) AS pit
    FROM earning e JOIN sub_order s ON s.id = e.sub_order_id GROUP BY +s.producer_id
), earned AS MATERIALIZED (
    SELECT 'producer:' || producer_id || ':' || 'payable' AS code, net AS amount FROM shared
    UNION ALL SELECT 'platform:fee', COALESCE(SUM(fee), 0) FROM shared
    UNION ALL SELECT 'tax:vat', COALESCE(SUM(vat), 0) FROM shared
    UNION ALL SELECT 'tax:pit', COALESCE(SUM(pit), 0) FROM shared
)
"""

#: By parcel with refunds: what the rule (``checkout.rates.keep``) takes on all that went back, less what was taken.
_TAKEN_BACK = """
WITH given AS (
    SELECT f.payment_id, rl.sub_order_id, rl.order_line_id,
    SUM(CASE WHEN f.state = 'succeeded' THEN rl.amount ELSE 0 END) AS amount
    FROM refund_line rl JOIN refund f ON f.id = rl.refund_id
    GROUP BY f.payment_id, rl.sub_order_id, rl.order_line_id
), ruled AS (
    SELECT given.payment_id, given.sub_order_id, SUM(given.amount * p.fee_basis_points) AS fee,
    SUM(given.amount * p.vat_basis_points) AS vat, SUM(given.amount * p.pit_basis_points) AS pit
    FROM given JOIN earning e ON e.sub_order_id = given.sub_order_id AND e.payment_id = given.payment_id
    AND e.refund_id IS NULL AND e.restores_id IS NULL
    JOIN earning_part p ON p.earning_id = e.id AND COALESCE(p.order_line_id, 0) = COALESCE(given.order_line_id, 0)
    GROUP BY given.payment_id, given.sub_order_id
), both_sides AS (
    SELECT payment_id, sub_order_id, (CAST(fee AS BIGINT) + 5000) / 10000 AS fee,
    (CAST(vat AS BIGINT) + 5000) / 10000 AS vat, (CAST(pit AS BIGINT) + 5000) / 10000 AS pit FROM ruled
    UNION ALL
    SELECT payment_id, sub_order_id, fee, vat, pit FROM earning WHERE refund_id IS NOT NULL
)
SELECT payment_id, sub_order_id, SUM(fee) AS fee, SUM(vat) AS vat, SUM(pit) AS pit FROM both_sides
GROUP BY payment_id, sub_order_id HAVING SUM(fee) <> 0 OR SUM(vat) <> 0 OR SUM(pit) <> 0
"""

CHECKS = (
    Check(
        "I10b",
        "each parcel earned what was paid for it, and lost what was given back on it",
        "SELECT s.id AS share_id, s.sub_order_id, s.amount, e.gross FROM payment_share s "
        "JOIN payment p ON p.id = s.payment_id AND p.state = 'settled' AND p.held_account = 'order:escrow' "
        "LEFT JOIN earning e ON e.payment_id = s.payment_id AND e.sub_order_id = s.sub_order_id "
        "AND e.refund_id IS NULL AND e.restores_id IS NULL "
        "WHERE COALESCE(e.gross, 0) <> s.amount "
        "UNION ALL SELECT NULL, r.sub_order_id, -r.amount, COALESCE(e.gross, 0) FROM "
        "(SELECT rl.refund_id, rl.sub_order_id, SUM(rl.amount) AS amount FROM refund_line rl "
        "JOIN refund f ON f.id = rl.refund_id AND f.state = 'succeeded' GROUP BY rl.refund_id, rl.sub_order_id) r "
        "LEFT JOIN (SELECT refund_id, sub_order_id, SUM(gross) AS gross FROM earning WHERE refund_id IS NOT NULL "
        "GROUP BY refund_id, sub_order_id) e ON e.refund_id = r.refund_id AND e.sub_order_id = r.sub_order_id "
        "WHERE COALESCE(e.gross, 0) <> -r.amount "
        "UNION ALL SELECT NULL, e.sub_order_id, NULL, SUM(e.gross) FROM earning e "
        "WHERE e.refund_id IS NULL AND e.payment_id IN (SELECT id FROM payment WHERE state <> 'settled' "
        "OR COALESCE(held_account, '') <> 'order:escrow') "
        "GROUP BY e.payment_id, e.sub_order_id HAVING SUM(e.gross) <> 0 "
        "UNION ALL SELECT NULL, e.sub_order_id, NULL, SUM(e.gross) FROM earning e JOIN refund f ON f.id = e.refund_id "
        "WHERE f.state <> 'succeeded' GROUP BY e.refund_id, e.sub_order_id HAVING SUM(e.gross) <> 0",
    ),
    Check(
        "I35",
        "sales and refunds moved each producer's balance, the fee and the taxes by what the parcels earned",
        _DIVIDED + "SELECT earned.code, earned.amount AS earned, COALESCE(booked.amount, 0) AS booked FROM earned "
        "LEFT JOIN booked ON booked.code = earned.code WHERE earned.amount <> COALESCE(booked.amount, 0) "
        "UNION ALL SELECT booked.code, 0, booked.amount FROM booked LEFT JOIN earned ON earned.code = booked.code "
        "WHERE earned.code IS NULL AND booked.amount <> 0",
        few_sums=True,
    ),
    Check(
        "I35b",
        "an earning adds up, and a parcel that was given back whole has left nothing with anybody",
        "SELECT id AS earning_id, sub_order_id FROM earning WHERE net <> gross - fee - vat - pit "
        # Where nothing was ever given back there is more than nothing.
        "UNION ALL SELECT MIN(id), sub_order_id FROM earning WHERE (payment_id, sub_order_id) IN "
        "(SELECT payment_id, sub_order_id FROM earning WHERE gross <= 0) AND payment_id NOT IN "
        "(SELECT payment_id FROM earning WHERE restores_id IS NOT NULL AND refund_id IS NULL) "
        "GROUP BY payment_id, sub_order_id "
        "HAVING SUM(gross) < 0 OR (SUM(gross) = 0 AND (SUM(fee) <> 0 OR SUM(vat) <> 0 OR SUM(pit) <> 0))",
    ),
    Check(
        "I35c",
        "a parcel that was delivered knows when",
        "SELECT id AS sub_order_id, state, delivered_at FROM sub_order "
        "WHERE state = 'delivered' AND delivered_at IS NULL",
    ),
    Check(
        "I35h",
        "fee and taxes that refunds took back of a parcel are the rule on what went back of it, to the dong",
        _TAKEN_BACK,
    ),
)
