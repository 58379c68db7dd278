"""Keep in whose name buyers want their invoices.

Revision: 0033_invoice_requests; after: 0032_stall_goods
"""

import sqlalchemy as sa
from alembic import op

revision = "0033_invoice_requests"
down_revision = "0032_stall_goods"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invoice_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("buyer_name", sa.String(length=200), nullable=False),
        sa.Column("tax_code", sa.String(length=14), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("asked_by_id", ID, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user_account.id"], name=op.f("fk_invoice_request_asked_by_id")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_invoice_request_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_request")),
    )
    op.create_index(op.f("ix_invoice_request_order_id"), "invoice_request", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_invoice_request_order_id"), table_name="invoice_request")
    op.drop_table("invoice_request")
