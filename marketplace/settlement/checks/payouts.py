"""Payouts: what they are made of, when and by whom they were let go, and what the books say of them (I32-I35)."""

from marketplace.ledger.audit_checks import Check

#: Payouts whose money is (or was) on its way by approval; and those that came to nothing.
_GONE = "('approved', 'sent', 'paid')"
_ENDED = "('held', 'refused', 'failed', 'returned')"

_APPROVED_LINES = (
    "SELECT p.id AS payout_id, l.earning_id, s.id AS sub_order_id FROM payout p "
    "JOIN payout_line l ON l.payout_id = p.id JOIN earning e ON e.id = l.earning_id "
    "JOIN sub_order s ON s.id = e.sub_order_id WHERE p.approved_at IS NOT NULL AND "
)

_TOO_EARLY = (
    _APPROVED_LINES + "(s.delivered_at IS NULL OR s.delivered_at > {week_before}) "
    # A parcel that came back is due once its goods were paid back: the delivery fee is left.
    "AND NOT (s.state = 'cancelled' AND s.goods_total <= (SELECT COALESCE(SUM(g.amount), 0) FROM refund_line g "
    "JOIN refund b ON b.id = g.refund_id WHERE g.sub_order_id = s.id AND g.order_line_id IS NOT NULL "
    "AND b.state <> 'pending')) "
    "UNION ALL "
    # A refund that was booked before the approval stands in this payout or in an earlier one.
    "SELECT p.id, r.id, r.sub_order_id FROM payout p JOIN payout_line l ON l.payout_id = p.id "
    "JOIN earning e ON e.id = l.earning_id JOIN earning r ON r.sub_order_id = e.sub_order_id "
    "AND r.refund_id IS NOT NULL AND r.restores_id IS NULL JOIN refund f ON f.id = r.refund_id "
    "JOIN ledger_entry x ON x.kind = 'refund_share' AND x.ref_type = 'refund' AND x.ref_id = f.public_id "
    "WHERE p.approved_at IS NOT NULL AND x.posted_at < p.approved_at "
    "AND NOT EXISTS (SELECT 1 FROM payout_line o WHERE o.earning_id = r.id AND o.payout_id <= p.id) "
    "UNION ALL "
    + _APPROVED_LINES
    # From the few recalled lots to their parcels, not the other way round.
    + "EXISTS (SELECT 1 FROM recalled r WHERE r.sub_order_id = s.id AND r.since < p.approved_at)"
)
_RECALLED = (
    "WITH recalled AS (SELECT ol.sub_order_id, MIN(t.state_changed_at) AS since FROM lot t "
    "JOIN stock_move m ON m.lot_id = t.id AND m.reason = 'sale' JOIN order_line ol "
    "ON ol.id = CASE WHEN m.ref_type = 'order_line' THEN CAST(m.ref_id AS BIGINT) END WHERE t.state = 'recalled' "
    "AND ol.line_total > (SELECT COALESCE(SUM(rl.amount), 0) FROM refund_line rl "
    "JOIN refund rf ON rf.id = rl.refund_id WHERE rl.order_line_id = ol.id AND rf.state = 'succeeded') "
    "GROUP BY ol.sub_order_id) "
)


def _booked(account: str) -> str:
    """What the books have for producer ``p``, read by index: most lines of the ledger are not of producers."""
    code = f"'producer\\:' || CAST(p.id AS VARCHAR) || '\\:{account}'"
    return (
        "COALESCE((SELECT -SUM(l.amount) FROM ledger_line l "
        f"WHERE l.account_id = (SELECT id FROM ledger_account WHERE code = {code})), 0)"
    )


#: By producer: what the books owe and have under way against what was earned and paid out.
_BALANCES = f"""
WITH earned AS (
    SELECT +s.producer_id AS producer_id, SUM(e.net) AS amount FROM earning e JOIN sub_order s ON s.id = e.sub_order_id
    GROUP BY +s.producer_id
), gone AS (
    SELECT producer_id, SUM(CASE WHEN state IN {_GONE} THEN amount ELSE 0 END) AS amount,
    SUM(CASE WHEN state IN ('approved', 'sent') THEN amount ELSE 0 END) AS transit FROM payout GROUP BY producer_id
), both_sides AS (
    SELECT p.id AS producer_id, COALESCE(e.amount, 0) AS earned, COALESCE(g.amount, 0) AS gone,
    {_booked("payable")} AS owed, COALESCE(g.transit, 0) AS under_way, {_booked("transit")} AS transit
    FROM producer p LEFT JOIN earned e ON e.producer_id = p.id LEFT JOIN gone g ON g.producer_id = p.id
)
SELECT producer_id, earned, gone, owed, transit FROM both_sides
WHERE owed <> earned - gone OR transit <> under_way
"""

CHECKS = (
    Check(
        "I32",
        "a payout is the sum of its lines and more than nothing; an earning stands whole in one payout at a time",
        "SELECT p.id AS payout_id, p.amount, COALESCE(SUM(l.amount), 0) AS lines FROM payout p "
        "LEFT JOIN payout_line l ON l.payout_id = p.id GROUP BY p.id, p.amount "
        "HAVING p.amount <> COALESCE(SUM(l.amount), 0) OR p.amount <= 0 "
        "UNION ALL SELECT MIN(payout_id), NULL, COUNT(*) FROM payout_line WHERE freed_at IS NULL "
        "GROUP BY earning_id HAVING COUNT(*) > 1 "
        "UNION ALL SELECT l.payout_id, l.amount, e.net FROM payout_line l JOIN earning e ON e.id = l.earning_id "
        "WHERE l.amount <> e.net",
    ),
    Check(
        "I32b",
        "lines are free again exactly when their payout ended without paying, and they are the producer's own",
        f"SELECT p.id AS payout_id, l.id AS line_id, p.state FROM payout p JOIN payout_line l ON l.payout_id = p.id "
        f"WHERE (p.state IN {_ENDED}) <> (l.freed_at IS NOT NULL) "
        "UNION ALL SELECT p.id, l.id, p.state FROM payout p JOIN payout_line l ON l.payout_id = p.id "
        "JOIN earning e ON e.id = l.earning_id JOIN sub_order s ON s.id = e.sub_order_id "
        "WHERE s.producer_id <> p.producer_id",
    ),
    Check(
        "I33",
        "only parcels delivered and past the time for returns are paid out, not refunded, not of a recalled lot",
        _RECALLED + _TOO_EARLY.format(week_before="p.approved_at - interval '7 days'"),
        sqlite=_RECALLED
        + _TOO_EARLY.format(week_before="strftime('%Y-%m-%d %H\\:%M\\:%f', p.approved_at, '-7 days') || '999'"),
    ),
    Check(
        "I34",
        "two people let a payout go, to an account that a second person had verified and that had rested",
        "SELECT p.id AS payout_id, b.requested_by_id, b.decided_by_id FROM payout p "
        "JOIN payout_batch b ON b.id = p.batch_id JOIN payout_account a ON a.id = p.account_id "
        "LEFT JOIN outgoing_transfer t ON t.id = p.transfer_id WHERE p.approved_at IS NOT NULL AND ("
        "b.state <> 'approved' OR b.decided_by_id = b.requested_by_id OR a.producer_id <> p.producer_id "
        "OR a.decided_by_id = a.changed_by_id OR COALESCE(a.decided_at > p.approved_at, TRUE) "
        "OR p.approved_at < a.rests_until OR p.account_rests_until <> a.rests_until "
        "OR t.amount <> p.amount OR t.payee_account <> a.account_number OR t.payee_bin <> a.bank_bin)",
    ),
    Check(
        "I34b",
        "a changed account rests for 48 hours",
        "SELECT id AS account_id, changed_at, rests_until FROM payout_account "
        "WHERE rests_until < changed_at + interval '48 hours'",
        sqlite="SELECT id AS account_id, changed_at, rests_until FROM payout_account "
        "WHERE strftime('%s', rests_until) - strftime('%s', changed_at) < 172800",
    ),
    Check(
        "I35d",
        "each producer is owed what it earned less what was paid out, and what is on its way is what was approved",
        _BALANCES,
        few_sums=True,
    ),
    Check(
        "I35e",
        "a payout is paid exactly when its transfer is",
        "SELECT p.id AS payout_id, p.state, t.state AS transfer FROM payout p "
        "JOIN outgoing_transfer t ON t.id = p.transfer_id WHERE (p.state = 'paid') <> (t.state = 'succeeded') "
        "OR (p.state = 'failed') <> (t.state = 'failed') OR (p.state = 'returned') <> (t.state = 'returned')",
    ),
)
