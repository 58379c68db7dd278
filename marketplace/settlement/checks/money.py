"""Payments, refunds, receipts and events against the ledger (I10, I14, I25-I29, and the sums of held money)."""

from marketplace.ledger.audit_checks import Check

#: Every entry about a payment: its own, its refunds', and the reversals of these.
_ABOUT_PAYMENT = """
WITH fact AS (
    SELECT e.id, p.id AS payment_id FROM ledger_entry e
    JOIN payment p ON e.ref_type = 'payment' AND e.ref_id = p.public_id
    UNION ALL
    SELECT e.id, r.payment_id FROM ledger_entry e JOIN refund r ON e.ref_type = 'refund' AND e.ref_id = r.public_id
), about AS (
    SELECT id, payment_id FROM fact
    UNION ALL
    SELECT undo.id, fact.payment_id FROM ledger_entry undo JOIN fact ON undo.reverses_id = fact.id
)
"""

#: What must be posted, and the entries that still stand for it; the amount of an entry is the sum of its debits.
_POSTED = """
WITH fact AS (
    SELECT 'payment_settled' AS kind, 'payment' AS ref_type, public_id, amount FROM payment WHERE state = 'settled'
    UNION ALL
    SELECT 'refund_settled', 'refund', public_id, amount FROM refund WHERE state = 'succeeded'
), standing AS (
    SELECT e.id, e.kind, e.ref_type, e.ref_id FROM ledger_entry e
    WHERE e.kind IN ('payment_settled', 'refund_settled')
      AND NOT EXISTS (SELECT 1 FROM ledger_entry undo WHERE undo.reverses_id = e.id)
)
"""


def _held(account: str, expected: str) -> str:
    """Offender when the credit balance of ``account`` is not what ``expected`` (a scalar query) says."""
    return (
        "SELECT books, rows_say FROM (SELECT "
        "(SELECT COALESCE(-SUM(l.amount), 0) FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id "
        f"WHERE a.code = '{account}') AS books, ({expected}) AS rows_say) AS both_sides WHERE books <> rows_say"
    )


CHECKS = (
    Check(
        "I10",
        "every captured dong of an order is with producers, platform or buyer again",
        _ABOUT_PAYMENT + "SELECT about.payment_id, SUM(l.amount) AS left_in_escrow FROM about "
        "JOIN order_payment op ON op.payment_id = about.payment_id JOIN ledger_line l ON l.entry_id = about.id "
        "JOIN ledger_account a ON a.id = l.account_id AND a.code = 'order:escrow' "
        "GROUP BY about.payment_id HAVING SUM(l.amount) <> 0",
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
        "UNION ALL SELECT MIN(id), 'idempotency_key' FROM payment GROUP BY idempotency_key HAVING COUNT(*) > 1 "
        "UNION ALL SELECT p.id, 'shares' FROM payment p JOIN order_payment op ON op.payment_id = p.id "
        "LEFT JOIN payment_share s ON s.payment_id = p.id GROUP BY p.id, p.amount "
        "HAVING COALESCE(SUM(s.amount), 0) <> p.amount",
    ),
    Check(
        "I26",
        "an event is kept once and was dealt with",
        "SELECT MIN(id) AS event_row, event_id FROM gateway_event GROUP BY source, event_id HAVING COUNT(*) > 1 "
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
        "SELECT p.id AS payment_id, p.amount, p.refunded, COALESCE(SUM(r.amount), 0) AS refunds FROM payment p "
        "LEFT JOIN refund r ON r.payment_id = p.id AND r.state IN ('pending', 'succeeded') "
        "GROUP BY p.id, p.amount, p.refunded "
        "HAVING COALESCE(SUM(r.amount), 0) > p.amount OR COALESCE(SUM(r.amount), 0) <> p.refunded",
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
        _POSTED + "SELECT f.public_id AS fact, f.kind, 'not posted with its amount' AS what FROM fact f "
        "LEFT JOIN standing s ON s.kind = f.kind AND s.ref_type = f.ref_type AND s.ref_id = f.public_id "
        "WHERE f.amount <> COALESCE((SELECT SUM(l.amount) FROM ledger_line l WHERE l.entry_id = s.id "
        "AND l.amount > 0), 0) "
        "UNION ALL SELECT s.ref_id, s.kind, 'posted without its fact' FROM standing s WHERE NOT EXISTS "
        "(SELECT 1 FROM payment p WHERE s.kind = 'payment_settled' AND s.ref_type = 'payment' "
        "AND p.public_id = s.ref_id AND p.state = 'settled') AND NOT EXISTS (SELECT 1 FROM refund r "
        "WHERE s.kind = 'refund_settled' AND s.ref_type = 'refund' AND r.public_id = s.ref_id "
        "AND r.state = 'succeeded')",
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
