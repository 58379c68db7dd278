"""Stock against its moves, promises and orders (I18-I24, I47)."""

from marketplace.ledger.audit_checks import Check

CHECKS = (
    Check(
        "I18",
        "no lot promises more than it has",
        "SELECT id AS lot_id, on_hand, reserved FROM lot WHERE NOT (0 <= reserved AND reserved <= on_hand)",
    ),
    Check(
        "I19",
        "what a lot has is the sum of its moves",
        "SELECT l.id AS lot_id, l.on_hand, COALESCE(SUM(m.delta), 0) AS moved FROM lot l "
        "LEFT JOIN stock_move m ON m.lot_id = l.id GROUP BY l.id, l.on_hand "
        "HAVING l.on_hand <> COALESCE(SUM(m.delta), 0)",
    ),
    Check(
        "I20",
        "what a lot promises is the sum of its open promises",
        "SELECT l.id AS lot_id, l.reserved, COALESCE(SUM(r.quantity), 0) AS held FROM lot l "
        "LEFT JOIN reservation r ON r.lot_id = l.id AND r.state = 'held' GROUP BY l.id, l.reserved "
        "HAVING l.reserved <> COALESCE(SUM(r.quantity), 0)",
    ),
    Check(
        "I21",
        "each paid line left the store exactly once",
        # What did not leave is found first: of those few it is asked whether they are paid.
        "WITH odd AS MATERIALIZED (SELECT line_id, SUM(packs) AS packs FROM (SELECT id AS line_id, quantity AS packs "
        "FROM order_line UNION ALL SELECT CAST(ref_id AS BIGINT), delta FROM stock_move "
        "WHERE ref_type = 'order_line' AND reason = 'sale') AS both_sides GROUP BY line_id HAVING SUM(packs) <> 0) "
        "SELECT ol.id AS order_line_id, ol.quantity, odd.packs - ol.quantity AS moved FROM odd "
        "JOIN order_line ol ON ol.id = odd.line_id WHERE ol.sub_order_id IN (SELECT ps.sub_order_id "
        "FROM payment_share ps JOIN payment p ON p.id = ps.payment_id AND p.state = 'settled' "
        "AND p.held_account = 'order:escrow')",
    ),
    Check(
        "I22",
        "no promise outlives its deadline",
        "SELECT id AS reservation_id, expires_at FROM reservation WHERE state = 'held' AND expires_at < :ago_2min",
    ),
    Check(
        "I23",
        "no more comes back than was sold",
        "SELECT lot_id, SUM(packs) AS not_sold FROM (SELECT lot_id, delta AS packs FROM stock_move "
        "WHERE reason = 'return' UNION ALL SELECT lot_id, -returned FROM reservation "
        "WHERE state = 'consumed' AND returned <> 0) AS both_sides "
        "GROUP BY lot_id HAVING COALESCE(SUM(packs), 0) <> 0 "
        "UNION ALL SELECT lot_id, returned - quantity FROM reservation WHERE returned > quantity",
    ),
    Check(
        "I24",
        "a blocked or recalled lot takes no new promise",
        "SELECT r.id AS reservation_id, l.id AS lot_id FROM reservation r JOIN lot l ON l.id = r.lot_id "
        "WHERE l.state <> 'open' AND r.state = 'held' AND r.created_at > l.state_changed_at",
    ),
    Check(
        "I47",
        "what left the store for a line is the line's own product and pack",
        "SELECT m.id AS move_id, ol.id AS order_line_id FROM stock_move m "
        "JOIN order_line ol ON ol.id = CASE WHEN m.ref_type = 'order_line' THEN CAST(m.ref_id AS BIGINT) END "
        "JOIN lot l ON l.id = m.lot_id WHERE l.product_id <> ol.product_id OR l.pack_id <> ol.pack_id",
    ),
)
