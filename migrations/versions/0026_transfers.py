"""Order transfers at the bank: refunds, returned receipts, payouts. Know the bank of a payer.

Revision: 0026_transfers; after: 0025_product_order
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0026_transfers"
down_revision = "0025_product_order"
branch_labels = None
depends_on = None

_REFUND_STATES = ("pending", "succeeded", "failed")
_RECEIPT_STATES = ("applied", "unapplied", "returned", "ignored")


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


@contextmanager
def _changing(table: str, states: tuple[str, ...]) -> Iterator[BatchOperations]:
    """Change a table, and let its ``state`` take these values."""
    name, allowed = op.f(f"ck_{table}_state"), f"state IN ({', '.join(repr(state) for state in states)})"
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, allowed)
        yield batch


def upgrade() -> None:
    op.create_table(
        "outgoing_transfer",
        sa.Column("id", _id(), nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "refund",
                "receipt_return",
                "payout",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("amount", _id(), nullable=False),
        sa.Column("payee_bin", sa.String(length=6), nullable=False),
        sa.Column("payee_account", sa.String(length=19), nullable=False),
        sa.Column("payee_name", sa.String(length=120), nullable=False),
        sa.Column("memo", sa.String(length=140), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "sent",
                "succeeded",
                "failed",
                "returned",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("bank_reference", sa.String(length=80), nullable=True),
        sa.Column("return_reference", sa.String(length=80), nullable=True),
        sa.Column("last_error", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_outgoing_transfer_amount")),
        sa.CheckConstraint(
            "(state IN ('succeeded', 'returned')) = (done_at IS NOT NULL)", name=op.f("ck_outgoing_transfer_done")
        ),
        sa.CheckConstraint(
            "(state = 'returned') = (returned_at IS NOT NULL)", name=op.f("ck_outgoing_transfer_returned")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_transfer")),
        sa.UniqueConstraint("bank_reference", name=op.f("uq_outgoing_transfer_bank_reference")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_outgoing_transfer_idempotency_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outgoing_transfer_public_id")),
        sa.UniqueConstraint("return_reference", name=op.f("uq_outgoing_transfer_return_reference")),
    )
    op.create_index(op.f("ix_outgoing_transfer_state_created_at"), "outgoing_transfer", ["state", "created_at"])
    with _changing("bank_receipt", (*_RECEIPT_STATES, "returning")) as batch:
        batch.add_column(sa.Column("payer_bin", sa.String(length=6), nullable=False, server_default=""))
        batch.add_column(sa.Column("return_transfer_id", _id(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_bank_receipt_return_transfer_id"), "outgoing_transfer", ["return_transfer_id"], ["id"]
        )
        batch.create_unique_constraint(op.f("uq_bank_receipt_return_transfer_id"), ["return_transfer_id"])
    with _changing("refund", (*_REFUND_STATES, "returned")) as batch:
        batch.add_column(sa.Column("transfer_id", _id(), nullable=True))
        batch.create_foreign_key(op.f("fk_refund_transfer_id"), "outgoing_transfer", ["transfer_id"], ["id"])
        batch.create_unique_constraint(op.f("uq_refund_transfer_id"), ["transfer_id"])


def downgrade() -> None:
    op.execute("UPDATE refund SET state = 'failed' WHERE state = 'returned'")
    op.execute("UPDATE bank_receipt SET state = 'unapplied' WHERE state = 'returning'")
    with _changing("refund", _REFUND_STATES) as batch:
        batch.drop_constraint(op.f("uq_refund_transfer_id"), type_="unique")
        batch.drop_constraint(op.f("fk_refund_transfer_id"), type_="foreignkey")
        batch.drop_column("transfer_id")
    with _changing("bank_receipt", _RECEIPT_STATES) as batch:
        batch.drop_constraint(op.f("uq_bank_receipt_return_transfer_id"), type_="unique")
        batch.drop_constraint(op.f("fk_bank_receipt_return_transfer_id"), type_="foreignkey")
        batch.drop_column("return_transfer_id")
        batch.drop_column("payer_bin")
    op.drop_index(op.f("ix_outgoing_transfer_state_created_at"), table_name="outgoing_transfer")
    op.drop_table("outgoing_transfer")
