"""Let a stall sell a producer's stocked goods, line by line.

Revision: 0032_stall_goods; after: 0031_payouts
"""

import sqlalchemy as sa
from alembic import op

revision = "0032_stall_goods"
down_revision = "0031_payouts"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stall_producer",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("producer_id", _ROW, nullable=False),
        sa.Column("linked_by", _ROW, nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_stall_producer_stall_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_stall_producer_producer_id")),
        sa.ForeignKeyConstraint(["linked_by"], ["user_account.id"], name=op.f("fk_stall_producer_linked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_producer")),
        sa.UniqueConstraint("stall_id", name=op.f("uq_stall_producer_stall_id")),
    )
    op.create_index(op.f("ix_stall_producer_producer_id"), "stall_producer", ["producer_id"], unique=False)
    op.create_table(
        "stall_sale_line",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("sale_id", _ROW, nullable=False),
        sa.Column("pack_id", _ROW, nullable=False),
        sa.Column("product_id", _ROW, nullable=False),
        sa.Column("quantity", _ROW, nullable=False),
        sa.Column("unit_price", _ROW, nullable=False),
        sa.Column("line_total", _ROW, nullable=False),
        sa.CheckConstraint("quantity > 0 AND unit_price > 0", name=op.f("ck_stall_sale_line_quantity")),
        sa.CheckConstraint("line_total = unit_price * quantity", name=op.f("ck_stall_sale_line_line_total")),
        sa.ForeignKeyConstraint(["sale_id"], ["stall_sale.id"], name=op.f("fk_stall_sale_line_sale_id")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_stall_sale_line_pack_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stall_sale_line_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_sale_line")),
        sa.UniqueConstraint("sale_id", "pack_id", name=op.f("uq_stall_sale_line_sale_id_pack_id")),
    )
    op.create_index(op.f("ix_stall_sale_line_pack_id"), "stall_sale_line", ["pack_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_stall_sale_line_pack_id"), table_name="stall_sale_line")
    op.drop_table("stall_sale_line")
    op.drop_index(op.f("ix_stall_producer_producer_id"), table_name="stall_producer")
    op.drop_table("stall_producer")
