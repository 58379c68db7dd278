"""Let traders prove what a transfer without a code paid, turn QR sales into cash sales, and remember refusals.

Revision: 0027_stall_proof; after: 0026_transfers
"""

import sqlalchemy as sa
from alembic import op

revision = "0027_stall_proof"
down_revision = "0026_transfers"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("stall_sale", sa.Column("taken_offline", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "sale_receipt",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("sale_id", _ROW, nullable=False),
        sa.Column("receipt_id", _ROW, nullable=False),
        sa.Column("confirmed_by", _ROW, nullable=False),
        sa.Column("confirmed_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["sale_id"], ["stall_sale.id"], name=op.f("fk_sale_receipt_sale_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["bank_receipt.id"], name=op.f("fk_sale_receipt_receipt_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["user_account.id"], name=op.f("fk_sale_receipt_confirmed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_receipt")),
        sa.UniqueConstraint("sale_id", name=op.f("uq_sale_receipt_sale_id")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_sale_receipt_receipt_id")),
    )
    op.create_table(
        "sale_conversion",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("qr_sale_id", _ROW, nullable=False),
        sa.Column("cash_sale_id", _ROW, nullable=False),
        sa.Column("converted_by", _ROW, nullable=False),
        sa.Column("converted_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["qr_sale_id"], ["stall_sale.id"], name=op.f("fk_sale_conversion_qr_sale_id")),
        sa.ForeignKeyConstraint(["cash_sale_id"], ["stall_sale.id"], name=op.f("fk_sale_conversion_cash_sale_id")),
        sa.ForeignKeyConstraint(["converted_by"], ["user_account.id"], name=op.f("fk_sale_conversion_converted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_conversion")),
        sa.UniqueConstraint("qr_sale_id", name=op.f("uq_sale_conversion_qr_sale_id")),
        sa.UniqueConstraint("cash_sale_id", name=op.f("uq_sale_conversion_cash_sale_id")),
    )
    op.create_table(
        "sale_refusal",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("vendor_id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("amount", _ROW, nullable=False),
        sa.Column(
            "means",
            sa.Enum("qr", "cash", name="means", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("sold_at", _MOMENT, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("refused_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["vendor_id"], ["user_account.id"], name=op.f("fk_sale_refusal_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_refusal")),
        sa.UniqueConstraint(
            "vendor_id", "stall_id", "client_id", name=op.f("uq_sale_refusal_vendor_id_stall_id_client_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("sale_refusal")
    op.drop_table("sale_conversion")
    op.drop_table("sale_receipt")
    op.drop_column("stall_sale", "taken_offline")
