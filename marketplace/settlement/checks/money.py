"""Payments, refunds, receipts and events against the ledger (I10, I14, I25-I29, and the sums of held money)."""

from marketplace.ledger.audit_checks import Check

#: By payment, what is left in escrow of it: of its own entries, its refunds' and the reversals of these. Entries are
#: given to payments first, for numbers are summed faster than references; reversals are few and asked one by one.
_LEFT_IN_ESCROW = """
WITH whose AS (
    SELECT e.id AS entry_id, p.id AS payment_id FROM ledger_entry e JOIN payment p ON p.public_id = e.ref_id
    WHERE e.ref_type = 'payment'
    UNION ALL
    SELECT e.id, r.payment_id FROM ledger_entry e JOIN refund r ON r.public_id = e.ref_id WHERE e.ref_type = 'refund'
    UNION ALL
    SELECT undo.id, COALESCE(
        (SELECT id FROM payment WHERE public_id =
        (SELECT ref_id FROM ledger_entry WHERE id = undo.reverses_id AND ref_type = 'payment')),
        (SELECT payment_id FROM refund WHERE public_id =
        (SELECT ref_id FROM ledger_entry WHERE id = undo.reverses_id AND ref_type = 'refund'))
    ) FROM ledger_entry undo WHERE undo.reverses_id IS NOT NULL
), remaining AS (
    SELECT whose.payment_id, SUM(l.amount) AS amount FROM whose JOIN ledger_line l ON l.entry_id = whose.entry_id
    AND l.account_id = (SELECT id FROM ledger_account WHERE code = 'order\\:escrow')
    GROUP BY whose.payment_id HAVING SUM(l.amount) <> 0
)
SELECT remaining.payment_id, remaining.amount AS left_in_escrow FROM remaining
JOIN order_payment op ON op.payment_id = remaining.payment_id
"""

#: What must be posted, and the entries that still stand and post it: payments (1), refunds (2), anything else (3).
_FACTS = """
WITH fact AS (
    SELECT 1 AS side, public_id, amount FROM payment WHERE state = 'settled'
    UNION ALL
    SELECT 2, public_id, amount FROM refund WHERE state = 'succeeded'
), standing AS (
    SELECT e.id, CASE WHEN e.kind = 'payment_settled' AND e.ref_type = 'payment' THEN 1
    WHEN e.kind = 'refund_settled' AND e.ref_type = 'refund' THEN 2 ELSE 3 END AS side, e.ref_id FROM ledger_entry e
    WHERE e.kind IN ('payment_settled', 'refund_settled')
    AND e.id NOT IN (SELECT reverses_id FROM ledger_entry WHERE reverses_id IS NOT NULL)
), told AS (
    SELECT 1 AS side, 'payment_settled' AS kind UNION ALL SELECT 2, 'refund_settled'
    UNION ALL SELECT 3, 'posted for something else'
)
"""
#: Both beside each other; the amount of an entry is the sum of its debits. PostgreSQL hashes the references, for it is
#: slow at sorting them; the embedded database knows no such join, or only slowly.
_POSTED = (
    _FACTS
    + """, posted AS (
    SELECT standing.side, standing.ref_id, debit.amount FROM standing LEFT JOIN (SELECT entry_id, SUM(amount) AS amount
    FROM ledger_line WHERE amount > 0 GROUP BY entry_id) AS debit ON debit.entry_id = standing.id
), odd AS (
    SELECT COALESCE(fact.side, posted.side) AS side, COALESCE(fact.public_id, posted.ref_id) AS fact, fact.amount,
    posted.amount AS booked FROM fact FULL JOIN posted ON posted.ref_id = fact.public_id AND posted.side = fact.side
    WHERE fact.amount IS NULL OR posted.amount IS NULL OR fact.amount <> posted.amount
)
SELECT odd.fact, told.kind, odd.amount, odd.booked FROM odd JOIN told ON told.side = odd.side
"""
)
_POSTED_ON_SQLITE = (
    _FACTS
    + """, both_sides AS (
    SELECT side, public_id, amount, 0 AS posted FROM fact
    UNION ALL
    SELECT standing.side, standing.ref_id, 0, COALESCE(l.amount, 0) FROM standing
    LEFT JOIN ledger_line l ON l.entry_id = standing.id AND l.amount > 0
), odd AS (
    SELECT side, public_id AS fact, SUM(amount) AS amount, SUM(posted) AS booked FROM both_sides
    GROUP BY side, public_id HAVING SUM(amount) <> SUM(posted)
)
SELECT odd.fact, told.kind, odd.amount, odd.booked FROM odd JOIN told ON told.side = odd.side
"""
)


def _held(account: str, expected: str) -> str:
    """Offender when the credit balance of ``account`` is not what ``expected`` (a scalar query) says."""
    return (
        "SELECT books, rows_say FROM (SELECT "
        "(SELECT COALESCE(-SUM(amount), 0) FROM ledger_line WHERE account_id = (SELECT id FROM ledger_account "
        f"WHERE code = '{account}')) AS books, ({expected}) AS rows_say) AS both_sides WHERE books <> rows_say"
    )


CHECKS = (
    Check(
        "I10",
        "every captured dong of an order is with producers, platform or buyer again",
        _LEFT_IN_ESCROW,
    ),
    Check(
        "I14",
        "money that came too late is on its way back, or its way back failed and a person is to decide",
        "SELECT id AS payment_id, amount, refunded FROM payment WHERE held_account = 'unapplied' "
        "AND refunded <> amount AND settled_at < :ago_10min AND NOT EXISTS (SELECT 1 FROM refund r "
        "JOIN work_item w ON w.refund_id = r.id WHERE r.payment_id = payment.id AND w.state <> 'decided')",
    ),
    Check(
        "I25",
        "a payment has its own key and intent, and its shares are the whole amount",
        "SELECT MIN(id) AS payment_id, 'gateway_id' AS what FROM payment WHERE gateway_id IS NOT NULL "
        "GROUP BY gateway_id HAVING COUNT(*) > 1 "
        "UNION ALL SELECT id, 'idempotency_key' FROM payment WHERE idempotency_key IN "
        "(SELECT idempotency_key FROM payment GROUP BY idempotency_key HAVING COUNT(*) > 1) "
        "UNION ALL SELECT p.id, 'shares' FROM payment p JOIN order_payment op ON op.payment_id = p.id "
        "LEFT JOIN payment_share s ON s.payment_id = p.id GROUP BY p.id, p.amount "
        "HAVING COALESCE(SUM(s.amount), 0) <> p.amount",
    ),
    Check(
        "I26",
        "an event is kept once and was dealt with",
        "SELECT id AS event_row, event_id FROM gateway_event WHERE (source, event_id) IN "
        "(SELECT source, event_id FROM gateway_event GROUP BY source, event_id HAVING COUNT(*) > 1) "
        "UNION ALL SELECT id, event_id FROM gateway_event WHERE applied_at IS NULL AND ignored_reason IS NULL "
        "AND received_at < :ago_5min",
    ),
    Check(
        "I27",
        "no card payment stays unasked for ten minutes",
        "SELECT id AS payment_id, state, checked_at FROM payment WHERE rail = 'card' "
        "AND state IN ('created', 'pending') AND created_at < :ago_10min "
        "AND (checked_at IS NULL OR checked_at < :ago_10min)",
    ),
    Check(
        "I28",
        "refunds never exceed what was captured",
        "SELECT p.id AS payment_id, p.amount, p.refunded, COALESCE(r.amount, 0) AS refunds FROM payment p "
        "LEFT JOIN (SELECT payment_id, SUM(amount) AS amount FROM refund WHERE state IN ('pending', 'succeeded') "
        "GROUP BY payment_id) AS r ON r.payment_id = p.id "
        "WHERE COALESCE(r.amount, 0) > p.amount OR COALESCE(r.amount, 0) <> p.refunded",
    ),
    Check(
        "I28b",
        "nothing is given back twice: of no line more than was paid for it, and no refund by gateway and bank",
        "SELECT rl.sub_order_id, rl.order_line_id, NULL AS payment_id, SUM(rl.amount) AS refunds FROM refund_line rl "
        "JOIN refund r ON r.id = rl.refund_id AND r.state IN ('pending', 'succeeded') "
        "JOIN sub_order s ON s.id = rl.sub_order_id LEFT JOIN order_line ol ON ol.id = rl.order_line_id "
        "GROUP BY rl.sub_order_id, rl.order_line_id, s.delivery_fee, ol.line_total "
        "HAVING SUM(rl.amount) > COALESCE(ol.line_total, s.delivery_fee) "
        "UNION ALL SELECT NULL, NULL, r.payment_id, r.amount FROM refund r "
        "JOIN outgoing_transfer t ON t.id = r.transfer_id WHERE r.gateway_id <> COALESCE(t.bank_reference, '')",
    ),
    Check(
        "I29",
        "settled payments and refunds are posted one to one, with their amount",
        _POSTED,
        sqlite=_POSTED_ON_SQLITE,
    ),
    Check(
        "M01",
        "unapplied money is what receipts and late payments have left",
        _held(
            "unapplied",
            "SELECT (SELECT COALESCE(SUM(amount - applied), 0) FROM bank_receipt "
            "WHERE is_ours AND state IN ('unapplied', 'ignored', 'returning')) "
            "+ (SELECT COALESCE(SUM(amount), 0) FROM payment WHERE held_account = 'unapplied') "
            "- (SELECT COALESCE(SUM(r.amount), 0) FROM refund r JOIN payment p ON p.id = r.payment_id "
            "WHERE p.held_account = 'unapplied' AND r.state = 'succeeded')",
        ),
    ),
    Check(
        "M06",
        "money that waits has a work item that is not decided, and nothing else has",
        "SELECT b.id AS receipt_id, b.state, w.id AS item_id FROM bank_receipt b LEFT JOIN work_item w "
        "ON w.receipt_id = b.id AND w.kind = 'unapplied' AND w.state <> 'decided' "
        "WHERE (b.state = 'unapplied' AND (b.is_ours OR b.payment_id IS NOT NULL)) <> (w.id IS NOT NULL) "
        "UNION ALL SELECT b.id, b.state, NULL FROM bank_receipt b LEFT JOIN outgoing_transfer t "
        "ON t.id = b.return_transfer_id AND t.state IN ('created', 'sent') "
        "WHERE b.state = 'returning' AND t.id IS NULL",
    ),
    Check(
        "M07",
        "money that the bank took back pays for nothing and is out of the books, or a person knows of it",
        "SELECT v.id AS reversal_id, b.id AS receipt_id FROM bank_reversal v "
        "JOIN bank_receipt b ON b.id = v.receipt_id "
        "WHERE v.is_booked <> (b.state = 'reversed' AND b.applied = 0 AND (NOT b.is_ours OR EXISTS (SELECT 1 "
        "FROM ledger_entry e JOIN ledger_entry undo ON undo.reverses_id = e.id WHERE e.kind = 'receipt_received' "
        "AND e.ref_id = b.bank_reference))) "
        "UNION ALL SELECT v.id, v.receipt_id FROM bank_reversal v WHERE NOT v.is_booked AND v.receipt_id IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM work_item w WHERE w.receipt_id = v.receipt_id AND w.kind = 'reversal')",
    ),
    Check(
        "M05",
        "refunds leave nothing behind on their way to the bank",
        _held("refund:transit", "SELECT 0"),
    ),
    Check(
        "M02",
        "money of part-paid payments is what transfers have paid of them",
        _held(
            "payment:funding",
            "SELECT COALESCE(SUM(ra.amount), 0) FROM receipt_application ra "
            "JOIN bank_receipt b ON b.id = ra.receipt_id AND b.is_ours JOIN payment p ON p.id = ra.payment_id "
            "WHERE ra.released_at IS NULL AND p.state <> 'settled'",
        ),
    ),
    Check(
        "M03",
        "a receipt's applied part is the sum of what it pays for",
        "SELECT b.id AS receipt_id, b.applied, COALESCE(SUM(ra.amount), 0) AS parts FROM bank_receipt b "
        "LEFT JOIN receipt_application ra ON ra.receipt_id = b.id AND ra.released_at IS NULL "
        "GROUP BY b.id, b.applied HAVING b.applied <> COALESCE(SUM(ra.amount), 0)",
    ),
    Check(
        "M04",
        "a transfer payment has received what its receipts pay, and the whole when settled",
        "SELECT p.id AS payment_id, p.received, COALESCE(SUM(ra.amount), 0) AS parts FROM payment p "
        "LEFT JOIN receipt_application ra ON ra.payment_id = p.id AND ra.released_at IS NULL WHERE p.rail = 'vietqr' "
        "GROUP BY p.id, p.received, p.state, p.amount HAVING p.received <> COALESCE(SUM(ra.amount), 0) "
        "OR (p.state = 'settled' AND p.received <> p.amount)",
    ),
)
