"""Create the tables of the room checkout.

Revision: 0016_checkout; after: 0015_payments
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_checkout"
down_revision = "0015_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkout_draft",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cart_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("idempotency_key", sa.String(length=43), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_phone", sa.String(length=20), nullable=False),
        sa.Column("commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_line", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_checkout_draft_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["commune_id"], ["admin_unit.id"], name=op.f("fk_checkout_draft_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout_draft")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_checkout_draft_cart_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_checkout_draft_idempotency_key")),
    )
    op.create_table(
        "order_payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_order_payment_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_order_payment_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_payment")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_order_payment_payment_id")),
    )
    op.create_index(op.f("ix_order_payment_order_id"), "order_payment", ["order_id"], unique=False)
    op.create_table(
        "payment_share",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sub_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_share_amount")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_share_payment_id")),
        sa.ForeignKeyConstraint(["sub_order_id"], ["sub_order.id"], name=op.f("fk_payment_share_sub_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_share")),
        sa.UniqueConstraint("payment_id", "sub_order_id", name=op.f("uq_payment_share_payment_id_sub_order_id")),
    )
    op.create_index(op.f("ix_payment_share_sub_order_id"), "payment_share", ["sub_order_id"], unique=False)
    op.create_table(
        "refund_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sub_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("amount > 0 AND quantity >= 0", name=op.f("ck_refund_line_amount")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_refund_line_order_line_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refund_line_refund_id")),
        sa.ForeignKeyConstraint(["sub_order_id"], ["sub_order.id"], name=op.f("fk_refund_line_sub_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_line")),
    )
    op.create_index(op.f("ix_refund_line_order_line_id"), "refund_line", ["order_line_id"], unique=False)
    op.create_index(op.f("ix_refund_line_refund_id"), "refund_line", ["refund_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_refund_line_refund_id"), table_name="refund_line")
    op.drop_index(op.f("ix_refund_line_order_line_id"), table_name="refund_line")
    op.drop_table("refund_line")
    op.drop_index(op.f("ix_payment_share_sub_order_id"), table_name="payment_share")
    op.drop_table("payment_share")
    op.drop_index(op.f("ix_order_payment_order_id"), table_name="order_payment")
    op.drop_table("order_payment")
    op.drop_table("checkout_draft")
