"""Orders: arithmetic, steps, payment, and what the buyer was shown (I07-I09, I11-I13, I15-I17, I45).

The allowed steps are written down here a second time on purpose: an audit does not take the word of the code it checks.
"""

from marketplace.ledger.audit_checks import Check
from marketplace.ledger.checks import guards

_ORDER_STEPS = (
    (None, "awaiting_payment"),
    (None, "confirmed"),
    ("awaiting_payment", "paid"),
    ("awaiting_payment", "expired"),
    ("awaiting_payment", "cancelled"),
    ("expired", "paid"),
    ("confirmed", "paid"),
    ("confirmed", "cancelled"),
    ("paid", "completed"),
    ("paid", "cancelled"),
    ("paid", "awaiting_payment"),
)
_PARCEL_STEPS = (
    (None, "waiting"),
    (None, "to_pack"),
    ("waiting", "to_pack"),
    ("waiting", "cancelled"),
    ("to_pack", "packed"),
    ("to_pack", "cancelled"),
    ("packed", "shipped"),
    ("packed", "cancelled"),
    ("to_pack", "waiting"),
    ("packed", "waiting"),
    ("shipped", "delivered"),
    ("shipped", "cancelled"),
    ("cancelled", "to_pack"),
)


def _not_among(steps: tuple[tuple[str | None, str], ...], which: str) -> str:
    allowed = ", ".join(f"'{before or '-'}>{after}'" for before, after in steps)
    return (
        "SELECT id AS event_id, order_id, from_state, to_state FROM order_event "
        f"WHERE sub_order_id IS {which} AND COALESCE(from_state, '-') || '>' || to_state NOT IN ({allowed})"
    )


#: The newest step of each order, or of each parcel, as the index of the steps has them.
_LAST_STEP = (
    "SELECT moved.id, moved.state, e.to_state FROM {table} moved LEFT JOIN (SELECT DISTINCT ON (order_id, "
    "sub_order_id) order_id, sub_order_id, to_state FROM order_event WHERE sub_order_id IS {of} "
    "ORDER BY order_id DESC, sub_order_id DESC, id DESC) AS e ON {its_own} "
    "WHERE e.to_state IS NULL OR e.to_state <> moved.state"
)
_LAST_STEP_ON_SQLITE = (
    "SELECT id, state, to_state FROM (SELECT moved.id, moved.state, (SELECT e.to_state FROM order_event e "
    "WHERE {its_own} ORDER BY e.id DESC LIMIT 1) AS to_state FROM {table} moved) AS last "
    "WHERE to_state IS NULL OR to_state <> state"
)
_OF_ORDER = "e.order_id = moved.id AND e.sub_order_id IS NULL"
_OF_PARCEL = "e.order_id = moved.order_id AND e.sub_order_id = moved.id"

#: ``{begins}``, ``{ends}`` and ``{ended}``: the moments at which the days of a certificate begin in Vietnam, computed
#: once for each (``{once}``). The plus lets the embedded database begin with the lines, in the order of their storage.
_STARS_SHOWN = (
    "SELECT ol.id AS order_line_id, ol.stars, shown.stars AS certified FROM order_line ol "
    "JOIN sub_order so ON so.id = +ol.sub_order_id JOIN customer_order o ON o.id = +so.order_id "
    "JOIN (SELECT c.id, c.stars, c.decision_number, {begins} AS begins, {ends} AS ends, {ended} AS ended "
    "FROM certificate c {once}) AS shown ON shown.id = ol.certificate_id "
    "WHERE ol.stars <> shown.stars OR ol.decision_number <> shown.decision_number "
    "OR o.placed_at < shown.begins OR o.placed_at >= shown.ends OR o.placed_at >= shown.ended"
)


def _stars_shown(midnight: str, once: str) -> str:
    days = {"begins": "c.issued_on", "ends": "c.expires_on", "ended": "c.ended_on"}
    return _STARS_SHOWN.format(once=once, **{name: midnight.format(day=day) for name, day in days.items()})


CHECKS = (
    Check(
        "I07",
        "an order's totals are those of its parcels, and a parcel's those of its lines",
        "SELECT o.id AS order_id, NULL AS sub_order_id FROM customer_order o "
        "LEFT JOIN sub_order s ON s.order_id = o.id "
        "GROUP BY o.id, o.goods_total, o.delivery_total, o.total "
        "HAVING o.total <> o.goods_total + o.delivery_total OR o.goods_total <> COALESCE(SUM(s.goods_total), 0) "
        "OR o.delivery_total <> COALESCE(SUM(s.delivery_fee), 0) OR o.delivery_total < 0 "
        "UNION ALL SELECT s.order_id, s.id FROM sub_order s LEFT JOIN order_line l ON l.sub_order_id = s.id "
        "GROUP BY s.order_id, s.id, s.goods_total, s.delivery_fee, s.total "
        "HAVING s.total <> s.goods_total + s.delivery_fee OR s.goods_total <> COALESCE(SUM(l.line_total), 0)",
    ),
    Check(
        "I08",
        "a line is quantity times price",
        "SELECT id AS order_line_id, quantity, unit_price, line_total FROM order_line "
        "WHERE line_total <> quantity * unit_price OR quantity < 1 OR unit_price < 0",
    ),
    guards(
        "I09",
        "a line stays as the buyer saw it",
        sqlite=["order_line_no_update", "order_line_no_delete"],
        postgresql=["order_line_frozen"],
    ),
    Check("I11", "orders move along allowed edges only", _not_among(_ORDER_STEPS, "NULL")),
    Check("I11b", "parcels move along allowed edges only", _not_among(_PARCEL_STEPS, "NOT NULL")),
    Check(
        "I12",
        "an order's state is where its last step led",
        _LAST_STEP.format(table="customer_order", of="NULL", its_own=_OF_ORDER),
        sqlite=_LAST_STEP_ON_SQLITE.format(table="customer_order", its_own=_OF_ORDER),
    ),
    Check(
        "I12b",
        "a parcel's state is where its last step led",
        _LAST_STEP.format(table="sub_order", of="NOT NULL", its_own=_OF_PARCEL),
        sqlite=_LAST_STEP_ON_SQLITE.format(table="sub_order", its_own=_OF_PARCEL),
    ),
    Check(
        "I13",
        "a prepaid order is paid by exactly one payment of exactly its total, unless the bank took the money back",
        "SELECT o.id AS order_id, o.total, COUNT(p.id) AS payments, SUM(p.amount) AS paid FROM customer_order o "
        "LEFT JOIN order_payment op ON op.order_id = o.id LEFT JOIN payment p ON p.id = op.payment_id "
        "AND p.state = 'settled' AND p.held_account = 'order:escrow' "
        "WHERE o.payment_method <> 'cash_on_delivery' AND (o.state IN ('paid', 'completed') OR o.paid_at IS NOT NULL) "
        "GROUP BY o.id, o.total HAVING COUNT(p.id) > 1 OR COALESCE(SUM(p.amount), o.total) <> o.total "
        "OR (COUNT(p.id) = 0 AND o.id NOT IN (SELECT op.order_id FROM order_payment op JOIN payment p "
        "ON p.id = op.payment_id WHERE p.last_error = 'reversed_by_bank'))",
    ),
    Check(
        "I13b",
        "a payment that settled for an order left it paid",
        "SELECT p.id AS payment_id, o.id AS order_id, o.state FROM payment p "
        "JOIN order_payment op ON op.payment_id = p.id JOIN customer_order o ON o.id = op.order_id "
        "WHERE p.state = 'settled' AND p.held_account = 'order:escrow' AND p.rail <> 'cash_on_delivery' "
        "AND o.paid_at IS NULL",
    ),
    Check(
        "I15",
        "no order and no parcel without a line",
        "SELECT o.id AS order_id FROM customer_order o WHERE NOT EXISTS (SELECT 1 FROM sub_order s "
        "WHERE s.order_id = o.id) UNION ALL SELECT s.order_id FROM sub_order s WHERE NOT EXISTS (SELECT 1 "
        "FROM order_line l WHERE l.sub_order_id = s.id)",
    ),
    Check(
        "I16",
        "no order waits for payment past its deadline",
        "SELECT id AS order_id, hold_until FROM customer_order "
        "WHERE state = 'awaiting_payment' AND hold_until < :ago_2min",
    ),
    Check(
        "I17",
        "one order per key and per number",
        "SELECT id AS order_id FROM customer_order WHERE idempotency_key IN "
        "(SELECT idempotency_key FROM customer_order GROUP BY idempotency_key HAVING COUNT(*) > 1) "
        "UNION ALL SELECT id FROM customer_order WHERE number IN "
        "(SELECT number FROM customer_order GROUP BY number HAVING COUNT(*) > 1)",
    ),
    Check(
        "I45",
        "stars and decision on a line are those of a certificate that was valid when the order was placed",
        _stars_shown("CAST({day} AS timestamp) AT TIME ZONE 'Asia/Ho_Chi_Minh'", "OFFSET 0"),
        sqlite=_stars_shown("datetime({day}, '-7 hours')", "LIMIT -1"),
    ),
)
