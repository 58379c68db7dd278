"""Stall sales against their payments and what the books learned of them (I36-I40), fees, printed codes, accounts."""

from marketplace.ledger.audit_checks import Check

#: An account to which codes of a stall could lead at that moment, or earlier.
_KNOWN = "a.state <> 'refused' AND (a.is_taken_over OR a.decided_at <= {moment})"

CHECKS = (
    Check(
        "I36",
        "a sale sent twice is one sale, and is paid only by its own payment",
        "SELECT id AS sale_id FROM stall_sale WHERE (stall_id, client_id) IN "
        "(SELECT stall_id, client_id FROM stall_sale GROUP BY stall_id, client_id HAVING COUNT(*) > 1) "
        "UNION ALL SELECT s.id FROM stall_sale s JOIN payment p ON p.id = s.payment_id WHERE s.state = 'paid' "
        "AND (p.purpose <> 'stall_sale' OR p.state <> 'settled' OR p.amount <> s.amount "
        "OR p.held_account <> 'stall:' || CAST(s.stall_id AS VARCHAR) || '\\:sales')",
    ),
    Check(
        "I21b",
        "each line of a paid sale left the store exactly once, and came back from a cancelled one",
        "SELECT i.id AS line_id, i.quantity, COALESCE(SUM(m.delta), 0) AS moved FROM stall_sale_line i "
        "JOIN stall_sale s ON s.id = i.sale_id LEFT JOIN stock_move m ON m.ref_type = 'stall_sale_line' "
        "AND m.ref_id = CAST(i.id AS VARCHAR) AND m.reason IN ('sale', 'return') GROUP BY i.id, i.quantity, s.state "
        "HAVING (s.state = 'paid' AND COALESCE(SUM(m.delta), 0) <> -i.quantity) "
        "OR (s.state = 'cancelled' AND COALESCE(SUM(m.delta), 0) <> 0)",
    ),
    Check(
        "I36c",
        "a sale with lines costs what they cost together",
        "SELECT s.id AS sale_id, s.amount, SUM(i.line_total) AS together FROM stall_sale s "
        "JOIN stall_sale_line i ON i.sale_id = s.id GROUP BY s.id, s.amount "
        "HAVING SUM(i.line_total) <> s.amount OR SUM(i.unit_price * i.quantity) <> s.amount",
    ),
    Check(
        "I36b",
        "a transfer that the trader confirmed paid its own sale, whole, on the account that was asked for",
        "SELECT c.sale_id, c.receipt_id FROM sale_receipt c JOIN stall_sale s ON s.id = c.sale_id "
        "JOIN payment p ON p.id = s.payment_id JOIN bank_receipt r ON r.id = c.receipt_id WHERE r.is_ours "
        "OR r.amount <> s.amount OR r.payment_id IS NULL OR r.payment_id <> s.payment_id "
        "OR r.account <> p.payee_account OR r.bin <> p.payee_bin",
    ),
    Check(
        "I37",
        "a stall's paid sales are what the books learned of it",
        # The books by index, account by account: most lines of the ledger are not of stalls.
        "SELECT stall_id, sold, booked FROM (SELECT st.id AS stall_id, COALESCE(s.amount, 0) AS sold, COALESCE((SELECT "
        "-SUM(l.amount) FROM ledger_line l WHERE l.account_id = (SELECT id FROM ledger_account "
        "WHERE code = 'stall:' || CAST(st.id AS VARCHAR) || '\\:sales')), 0) AS booked FROM stall st LEFT JOIN "
        "(SELECT stall_id, SUM(amount) AS amount FROM stall_sale WHERE state = 'paid' GROUP BY stall_id) s "
        "ON s.stall_id = st.id) AS both_sides WHERE sold <> booked",
    ),
    Check(
        "I37b",
        "a paid sale belongs to exactly one shift",
        "SELECT s.id AS sale_id, s.stall_id, s.sequence FROM stall_sale s LEFT JOIN stall_shift h "
        "ON h.stall_id = s.stall_id AND s.sequence >= h.first_sequence "
        "AND (h.last_sequence IS NULL OR s.sequence <= h.last_sequence) WHERE s.state = 'paid' "
        "GROUP BY s.id, s.stall_id, s.sequence HAVING COUNT(h.id) <> 1",
    ),
    Check(
        "I37c",
        "a closed shift holds what its sales and its postings say",
        "SELECT shift_id, means, recorded, difference FROM (SELECT c.*, "
        "(SELECT COALESCE(SUM(s.amount), 0) FROM stall_sale s WHERE s.stall_id = h.stall_id AND s.state = 'paid' "
        "AND s.means = c.means AND s.sequence BETWEEN h.first_sequence AND h.last_sequence) AS sold, "
        "(SELECT COALESCE(SUM(l.amount), 0) FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id "
        "JOIN ledger_account a ON a.id = l.account_id WHERE e.kind = 'shift_difference' "
        "AND e.ref_id = CAST(h.id AS VARCHAR) || '\\:' || c.means AND a.code NOT LIKE '%difference') AS booked "
        "FROM stall_shift_count c JOIN stall_shift h ON h.id = c.shift_id) AS t "
        "WHERE recorded <> sold OR difference <> booked OR difference <> found - expected "
        "UNION ALL SELECT h.id, '', 0, 0 FROM stall_shift h WHERE h.closed_at IS NOT NULL "
        "AND (SELECT COUNT(*) FROM stall_shift_count c WHERE c.shift_id = h.id) <> 2",
    ),
    Check(
        "I38",
        "money that came for a sale left it paid",
        "SELECT s.id AS sale_id, s.state FROM stall_sale s JOIN payment p ON p.id = s.payment_id "
        "WHERE p.state = 'settled' AND p.held_account <> 'unapplied' AND s.state <> 'paid'",
    ),
    Check(
        "I39",
        "an id that was acknowledged is a sale or a refusal with its reason, never both",
        "SELECT f.id AS refusal_id, f.client_id FROM sale_refusal f WHERE f.code = '' "
        "OR (f.code <> 'stall_unknown' AND EXISTS (SELECT 1 FROM stall_sale s "
        "WHERE s.stall_id = f.stall_id AND s.client_id = f.client_id))",
    ),
    Check(
        "I40",
        "a cash sale has no payment, a transfer has one",
        "SELECT id AS sale_id, means FROM stall_sale WHERE (means = 'qr') <> (payment_id IS NOT NULL)",
    ),
    Check(
        "I40b",
        "a QR sale has no cash posting, and one that was paid in cash after all is given up for it",
        "SELECT s.id AS sale_id FROM stall_sale s JOIN ledger_entry e ON e.kind = 'cash_sale' "
        "AND e.ref_type = 'stall_sale' AND e.ref_id = CAST(s.id AS VARCHAR) WHERE s.means = 'qr' "
        "UNION ALL SELECT q.id FROM sale_conversion c JOIN stall_sale q ON q.id = c.qr_sale_id "
        "JOIN stall_sale k ON k.id = c.cash_sale_id WHERE q.state <> 'cancelled' OR k.means <> 'cash' "
        "OR q.amount <> k.amount OR q.stall_id <> k.stall_id",
    ),
    Check(
        "K01",
        "a market fee is paid when its own payment or its own cash posting says so, and only then",
        "SELECT f.id AS fee_id, f.state FROM market_fee f JOIN payment p ON p.id = f.payment_id "
        "WHERE (f.means = 'qr' AND (p.state <> 'settled' OR p.amount <> f.amount "
        "OR p.held_account <> 'market\\:' || CAST(f.market_id AS VARCHAR) || '\\:payable')) "
        "OR (f.state <> 'paid' AND p.state = 'settled' AND p.held_account <> 'unapplied') "
        "OR (f.state = 'due' AND (p.amount <> f.amount OR p.purpose <> 'market_fee')) "
        "UNION ALL SELECT f.id, f.state FROM market_fee f WHERE f.means = 'cash' AND f.amount <> "
        "(SELECT COALESCE(SUM(l.amount), 0) FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id "
        "WHERE e.kind = 'market_fee_cash' AND e.ref_id = CAST(f.id AS VARCHAR) AND l.amount > 0)",
    ),
    Check(
        "K02",
        "a printed code that leads to another account was reported",
        "SELECT c.id AS check_id, c.stall_id FROM sticker_check c WHERE c.result = 'other_account' AND NOT EXISTS "
        "(SELECT 1 FROM sticker_report r WHERE r.stall_id = c.stall_id AND r.opened_at <= c.checked_at "
        "AND (r.closed_at IS NULL OR r.closed_at >= c.checked_at))",
    ),
    Check(
        "K03",
        "each transfer to a stall was asked for on an account of it that had been verified before, or was taken over",
        "SELECT s.id AS sale_id, s.stall_id, p.payee_account AS account_number FROM stall_sale s "
        "JOIN payment p ON p.id = s.payment_id "
        "LEFT JOIN stall_account a ON a.stall_id = s.stall_id AND a.bank_bin = p.payee_bin "
        f"AND a.account_number = p.payee_account AND {_KNOWN.format(moment='p.created_at')} WHERE a.id IS NULL "
        "UNION ALL SELECT NULL, c.stall_id, c.bank_account FROM sale_code c "
        "LEFT JOIN stall_account a ON a.stall_id = c.stall_id AND a.bank_bin = c.bank_bin "
        f"AND a.account_number = c.bank_account AND {_KNOWN.format(moment='c.reserved_at')} WHERE a.id IS NULL",
    ),
    Check(
        "K04",
        "a stall's account in force is the one that was verified by another person, or taken over",
        "SELECT s.id AS stall_id, s.bank_account, a.account_number FROM stall s LEFT JOIN stall_account a "
        "ON a.stall_id = s.id AND a.state = 'verified' WHERE COALESCE(s.bank_bin, '') <> COALESCE(a.bank_bin, '') "
        "OR COALESCE(s.bank_account, '') <> COALESCE(a.account_number, '') OR a.decided_by_id = a.changed_by_id "
        "OR (a.decided_by_id IS NULL AND NOT a.is_taken_over)",
    ),
)
