"""Let the audit find suspects of card numbers, and the newest step of each order and parcel, in an index.

Revision: 0050_audit_indexes; after: 0049_contact_email
"""

import sqlalchemy as sa
from alembic import op

revision = "0050_audit_indexes"
down_revision = "0049_contact_email"
branch_labels = None
depends_on = None

#: The free texts of the tables that grow with every order.
TEXTS = {
    "audit_event": ("detail",),
    "bank_receipt": ("memo", "payer_name", "reason", "note"),
    "customer_order": ("contact_name", "contact_phone", "contact_email", "address_line", "note"),
    "gateway_event": ("body", "ignored_reason"),
    "order_event": ("note",),
    "order_line": ("product_name", "pack_label", "decision_number"),
    "outbox_message": ("payload", "last_error"),
    "payment": ("payee_name", "last_error"),
    "statement_line": ("memo", "counterparty", "state", "detail", "ignored_reason"),
    "stock_move": ("note",),
}
STEPS = "ix_order_event_order_id_sub_order_id_id_to_state"

_DIGIT, _GAP = "[0-9]", "[- 0-9]"
_REST = f"{_DIGIT * 3}{_GAP}{_DIGIT * 4}{_GAP}{_DIGIT}{_GAP}{_DIGIT}"


def upgrade() -> None:
    suspect = _on_sqlite if op.get_bind().dialect.name == "sqlite" else _on_postgresql
    for table, columns in TEXTS.items():
        where = sa.text(" OR ".join(suspect(f'"{column}"') for column in columns))
        op.create_index(f"ix_{table}_suspects", table, ["id"], sqlite_where=where, postgresql_where=where)
    op.create_index(STEPS, "order_event", ["order_id", "sub_order_id", "id", "to_state"])
    op.drop_index("ix_order_event_order_id", "order_event")


def downgrade() -> None:
    op.create_index("ix_order_event_order_id", "order_event", ["order_id"])
    op.drop_index(STEPS, "order_event")
    for table in TEXTS:
        op.drop_index(f"ix_{table}_suspects", table)


def _on_postgresql(name: str) -> str:
    return f"LENGTH({name}) >= 13 AND {name} ~ '[0-9]([ -]?[0-9]){{12}}'"


def _on_sqlite(name: str) -> str:
    each = " OR ".join(f"{name} GLOB '*{digit}{_REST}*'" for digit in range(10))
    short = f"LENGTH({name}) >= 13 AND {name} GLOB '*{_DIGIT}{_REST}*'"
    return f"CASE WHEN LENGTH({name}) < 200 THEN {short} ELSE {each} END"
