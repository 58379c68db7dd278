"""Payouts of market fees to boards: the promises of I32, I34 and I35 for their own tables."""

from marketplace.ledger.audit_checks import Check

#: Payouts whose money is (or was) on its way by approval; and those that came to nothing.
_GONE = "('approved', 'sent', 'paid')"
_ENDED = "('held', 'refused', 'failed', 'returned')"

#: What stands in payouts of a fee is its amount, as long as it is paid since before the last of them was asked for: a
#: fee whose money the bank took back may get another amount, and then comes up for payout with what it is more.
_OTHER_AMOUNT = (
    "((SELECT SUM(e.amount) FROM board_payout_line e WHERE e.fee_id = l.fee_id AND e.freed_at IS NULL "
    "AND e.id <= l.id) <> f.amount AND p.state IN ('requested', 'approved', 'sent', 'paid') "
    "AND f.state = 'paid' AND f.means = 'qr' AND f.paid_at < b.requested_at)"
)

#: By market: what the books owe its board and have under way against fees paid by transfer and paid out.
_BALANCES = f"""
WITH booked AS (
    SELECT a.code, -SUM(l.amount) AS amount FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
    WHERE a.code LIKE 'market\\:%' GROUP BY a.code
), collected AS (
    SELECT market_id, SUM(amount) AS amount FROM market_fee WHERE state = 'paid' AND means = 'qr' GROUP BY market_id
), gone AS (
    SELECT market_id, SUM(CASE WHEN state IN {_GONE} THEN amount ELSE 0 END) AS amount,
    SUM(CASE WHEN state IN ('approved', 'sent') THEN amount ELSE 0 END) AS transit FROM board_payout GROUP BY market_id
)
SELECT m.id AS market_id, COALESCE(c.amount, 0) AS collected, COALESCE(g.amount, 0) AS gone,
COALESCE(b.amount, 0) AS owed, COALESCE(t.amount, 0) AS transit FROM market m
LEFT JOIN collected c ON c.market_id = m.id LEFT JOIN gone g ON g.market_id = m.id
LEFT JOIN booked b ON b.code = 'market\\:' || CAST(m.id AS VARCHAR) || '\\:' || 'payable'
LEFT JOIN booked t ON t.code = 'market\\:' || CAST(m.id AS VARCHAR) || '\\:' || 'transit'
WHERE COALESCE(b.amount, 0) <> COALESCE(c.amount, 0) - COALESCE(g.amount, 0)
OR COALESCE(t.amount, 0) <> COALESCE(g.transit, 0)
"""

CHECKS = (
    Check(
        "I32c",
        "a payout to a board is the sum of its fees, each of the market's own, whole and in one payout at a time",
        "SELECT p.id AS payout_id, p.amount, COALESCE(SUM(l.amount), 0) AS lines FROM board_payout p "
        "LEFT JOIN board_payout_line l ON l.payout_id = p.id GROUP BY p.id, p.amount "
        "HAVING p.amount <> COALESCE(SUM(l.amount), 0) OR p.amount <= 0 "
        "UNION ALL SELECT MIN(payout_id), NULL, COUNT(*) FROM board_payout_line WHERE freed_at IS NULL "
        "GROUP BY fee_id, part HAVING COUNT(*) > 1 "
        "UNION ALL SELECT l.payout_id, l.amount, f.amount FROM board_payout_line l JOIN market_fee f "
        "ON f.id = l.fee_id JOIN board_payout p ON p.id = l.payout_id JOIN payout_batch b ON b.id = p.batch_id "
        f"WHERE {_OTHER_AMOUNT} OR f.market_id <> p.market_id "
        f"OR (p.state IN {_ENDED}) <> (l.freed_at IS NOT NULL)",
    ),
    Check(
        "I34c",
        "two people let a payout to a board go, to an account that a second person had verified and that had rested",
        "SELECT p.id AS payout_id, b.requested_by_id, b.decided_by_id FROM board_payout p "
        "JOIN payout_batch b ON b.id = p.batch_id JOIN board_account a ON a.id = p.account_id "
        "LEFT JOIN outgoing_transfer t ON t.id = p.transfer_id WHERE p.approved_at IS NOT NULL AND ("
        "b.state <> 'approved' OR b.decided_by_id = b.requested_by_id OR a.market_id <> p.market_id "
        "OR a.decided_by_id = a.changed_by_id OR COALESCE(a.decided_at > p.approved_at, TRUE) "
        "OR p.approved_at < a.rests_until OR p.account_rests_until <> a.rests_until "
        "OR t.amount <> p.amount OR t.payee_account <> a.account_number OR t.payee_bin <> a.bank_bin)",
    ),
    Check(
        "I35f",
        "each board is owed the fees paid by transfer less what was paid out; what is on its way is what was approved",
        _BALANCES,
    ),
    Check(
        "I35g",
        "a payout to a board is paid exactly when its transfer is",
        "SELECT p.id AS payout_id, p.state, t.state AS transfer FROM board_payout p "
        "JOIN outgoing_transfer t ON t.id = p.transfer_id WHERE (p.state = 'paid') <> (t.state = 'succeeded') "
        "OR (p.state = 'failed') <> (t.state = 'failed') OR (p.state = 'returned') <> (t.state = 'returned')",
    ),
)
