"""Let money that waits for a person stand in a queue, and let the bank take money back.

Revision: 0034_unapplied; after: 0033_invoice_requests
"""

import sqlalchemy as sa
from alembic import op

revision = "0034_unapplied"
down_revision = "0033_invoice_requests"
branch_labels = None
depends_on = None

_RECEIPT_STATES = ("applied", "unapplied", "returned", "ignored", "returning")
_EARNING_BEFORE = {
    "gross": "gross <> 0 AND (gross < 0) = (refund_id IS NOT NULL AND restores_id IS NULL)",
    "restores": "restores_id IS NULL OR refund_id IS NOT NULL",
}
#: A row without refund that names another one takes back the whole of it: the bank took the money.
_EARNING_AFTER = {
    "gross": "gross <> 0 AND (gross < 0) = ((refund_id IS NOT NULL) = (restores_id IS NULL))",
    "restores": "restores_id IS NULL OR restores_id <> id",
}


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "bank_reversal",
        sa.Column("id", _id(), nullable=False),
        sa.Column("bank_reference", sa.String(length=80), nullable=False),
        sa.Column("receipt_reference", sa.String(length=80), nullable=False),
        sa.Column("receipt_id", _id(), nullable=True),
        sa.Column("bin", sa.String(length=6), nullable=False),
        sa.Column("account", sa.String(length=19), nullable=False),
        sa.Column("amount", _id(), nullable=False),
        sa.Column("transacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_bank_reversal_amount")),
        sa.ForeignKeyConstraint(["receipt_id"], ["bank_receipt.id"], name=op.f("fk_bank_reversal_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_reversal")),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_bank_reversal_bank_reference")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_bank_reversal_receipt_id")),
        sa.UniqueConstraint("receipt_reference", name=op.f("uq_bank_reversal_receipt_reference")),
    )
    _create_work_items()
    _restate("bank_receipt", {"state": _states((*_RECEIPT_STATES, "reversed"))})
    with op.batch_alter_table("bank_receipt") as batch:
        batch.add_column(sa.Column("return_reference", sa.String(length=80), nullable=True))
        batch.create_unique_constraint(op.f("uq_bank_receipt_return_reference"), ["return_reference"])
    _restate("earning", _EARNING_AFTER)
    _unique_settled("refund_id IS NULL AND restores_id IS NULL")
    op.execute(
        "INSERT INTO work_item (kind, receipt_id, reason, state, note, created_at) SELECT 'unapplied', id, "
        "COALESCE(reason, 'no_code'), 'waiting', '', received_at FROM bank_receipt "
        "WHERE state = 'unapplied' AND (is_ours OR payment_id IS NOT NULL)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM earning WHERE restores_id IS NOT NULL AND refund_id IS NULL")
    _unique_settled("refund_id IS NULL")
    _restate("earning", _EARNING_BEFORE)
    op.execute("UPDATE bank_receipt SET state = 'ignored' WHERE state = 'reversed'")
    with op.batch_alter_table("bank_receipt") as batch:
        batch.drop_constraint(op.f("uq_bank_receipt_return_reference"), type_="unique")
        batch.drop_column("return_reference")
    _restate("bank_receipt", {"state": _states(_RECEIPT_STATES)})
    op.drop_index(op.f("ix_work_item_receipt_id"), table_name="work_item")
    op.drop_index(op.f("ix_work_item_state_created_at"), table_name="work_item")
    op.drop_index("uq_work_item_open_receipt", table_name="work_item")
    op.drop_table("work_item")
    op.drop_table("bank_reversal")


def _create_work_items() -> None:
    op.create_table(
        "work_item",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", _choice("kind", "unapplied", "reversal", "refund"), nullable=False),
        sa.Column("receipt_id", _id(), nullable=True),
        sa.Column("refund_id", _id(), nullable=True),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("state", _choice("state", "waiting", "taken", "decided"), nullable=False),
        sa.Column("taken_by_id", _id(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", _id(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'decided') = (decided_at IS NOT NULL)", name=op.f("ck_work_item_decided")),
        sa.CheckConstraint("state <> 'taken' OR taken_by_id IS NOT NULL", name=op.f("ck_work_item_taken")),
        sa.CheckConstraint("decided_by_id IS NULL OR note <> ''", name=op.f("ck_work_item_note")),
        sa.CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL)", name=op.f("ck_work_item_refund")),
        sa.CheckConstraint("(kind = 'refund') = (receipt_id IS NULL)", name=op.f("ck_work_item_receipt")),
        sa.ForeignKeyConstraint(["receipt_id"], ["bank_receipt.id"], name=op.f("fk_work_item_receipt_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_work_item_refund_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["user_account.id"], name=op.f("fk_work_item_taken_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_work_item_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_work_item_refund_id")),
    )
    op.create_index(op.f("ix_work_item_receipt_id"), "work_item", ["receipt_id"])
    op.create_index(op.f("ix_work_item_state_created_at"), "work_item", ["state", "created_at"])
    where = sa.text("state <> 'decided'")
    op.create_index(
        "uq_work_item_open_receipt",
        "work_item",
        ["kind", "receipt_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _states(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(repr(state) for state in states)})"


def _restate(table: str, checks: dict[str, str]) -> None:
    with op.batch_alter_table(table) as batch:
        for check, condition in checks.items():
            batch.drop_constraint(op.f(f"ck_{table}_{check}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_{table}_{check}"), condition)


def _unique_settled(condition: str) -> None:
    where = sa.text(condition)
    op.drop_index("uq_earning_settled", table_name="earning")
    op.create_index(
        "uq_earning_settled",
        "earning",
        ["payment_id", "sub_order_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
