"""Create the tables of the room stalls.

Revision: 0017_stalls; after: 0016_checkout
"""

import sqlalchemy as sa
from alembic import op

revision = "0017_stalls"
down_revision = "0016_checkout"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "market",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("market", "street", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("former_commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("collects_fees_cashless", sa.Boolean(), nullable=False),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["commune_id"], ["admin_unit.id"], name=op.f("fk_market_commune_id")),
        sa.ForeignKeyConstraint(["former_commune_id"], ["admin_unit.id"], name=op.f("fk_market_former_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market")),
        sa.UniqueConstraint("slug", name=op.f("uq_market_slug")),
    )
    op.create_index(op.f("ix_market_commune_id"), "market", ["commune_id"], unique=False)
    op.create_index(op.f("ix_market_former_commune_id"), "market", ["former_commune_id"], unique=False)
    op.create_table(
        "stall",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("market_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("goods", sa.String(length=120), nullable=False),
        sa.Column("bank_bin", sa.String(length=6), nullable=True),
        sa.Column("bank_account", sa.String(length=19), nullable=True),
        sa.Column("bank_holder", sa.String(length=120), nullable=True),
        sa.Column("qr_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(bank_bin IS NULL) = (bank_account IS NULL)", name=op.f("ck_stall_bank_account")),
        sa.ForeignKeyConstraint(["market_id"], ["market.id"], name=op.f("fk_stall_market_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall")),
        sa.UniqueConstraint("market_id", "number", name=op.f("uq_stall_market_id_number")),
    )
    op.create_table(
        "stall_sale",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stall_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "means",
            sa.Enum("qr", "cash", name="means", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "awaiting", "paid", "cancelled", name="state", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("vendor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("sold_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(means = 'qr') = (payment_id IS NOT NULL)", name=op.f("ck_stall_sale_payment")),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_stall_sale_paid")),
        sa.CheckConstraint("amount BETWEEN 1 AND 499999999", name=op.f("ck_stall_sale_amount")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_stall_sale_payment_id")),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_stall_sale_stall_id")),
        sa.ForeignKeyConstraint(["vendor_id"], ["user_account.id"], name=op.f("fk_stall_sale_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_sale")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_stall_sale_payment_id")),
        sa.UniqueConstraint("stall_id", "client_id", name=op.f("uq_stall_sale_stall_id_client_id")),
    )
    op.create_index(op.f("ix_stall_sale_stall_id_sold_at"), "stall_sale", ["stall_id", "sold_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_stall_sale_stall_id_sold_at"), table_name="stall_sale")
    op.drop_table("stall_sale")
    op.drop_table("stall")
    op.drop_index(op.f("ix_market_former_commune_id"), table_name="market")
    op.drop_index(op.f("ix_market_commune_id"), table_name="market")
    op.drop_table("market")
