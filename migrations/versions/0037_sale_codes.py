"""Let a phone at a stall keep transfer codes for sales without network.

Revision: 0037_sale_codes; after: 0036_ledger_no_truncate
"""

import sqlalchemy as sa
from alembic import op

revision = "0037_sale_codes"
down_revision = "0036_ledger_no_truncate"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sale_code",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("bank_bin", sa.String(length=6), nullable=False),
        sa.Column("bank_account", sa.String(length=19), nullable=False),
        sa.Column("bank_holder", sa.String(length=120), nullable=False),
        sa.Column("reserved_by", _ROW, nullable=False),
        sa.Column("reserved_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("sale_id", _ROW, nullable=True),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.CheckConstraint("(sale_id IS NULL) = (used_at IS NULL)", name=op.f("ck_sale_code_used")),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_sale_code_stall_id")),
        sa.ForeignKeyConstraint(["reserved_by"], ["user_account.id"], name=op.f("fk_sale_code_reserved_by")),
        sa.ForeignKeyConstraint(["sale_id"], ["stall_sale.id"], name=op.f("fk_sale_code_sale_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale_code")),
        sa.UniqueConstraint("code", name=op.f("uq_sale_code_code")),
        sa.UniqueConstraint("sale_id", name=op.f("uq_sale_code_sale_id")),
    )
    op.create_index(op.f("ix_sale_code_stall_id_device_id"), "sale_code", ["stall_id", "device_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sale_code_stall_id_device_id"), table_name="sale_code")
    op.drop_table("sale_code")
