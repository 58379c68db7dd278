"""Create the tables of the room inventory.

Revision: 0010_inventory; after: 0009_catalogue
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_inventory"
down_revision = "0009_catalogue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pack_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("trace_code", sa.String(length=16), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("on_hand", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reserved", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "blocked", "recalled", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planting_area_code", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("0 <= reserved AND reserved <= on_hand", name=op.f("ck_lot_quantity")),
        sa.CheckConstraint("expires_on IS NULL OR expires_on > made_on", name=op.f("ck_lot_dates")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_lot_pack_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_lot_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("product_id", "code", name=op.f("uq_lot_product_id_code")),
        sa.UniqueConstraint("trace_code", name=op.f("uq_lot_trace_code")),
    )
    op.create_index(op.f("ix_lot_pack_id_state_expires_on"), "lot", ["pack_id", "state", "expires_on"], unique=False)
    op.create_index(op.f("ix_lot_product_id"), "lot", ["product_id"], unique=False)
    op.create_table(
        "lot_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_lot_event_actor_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_event_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_event")),
    )
    op.create_index(op.f("ix_lot_event_lot_id"), "lot_event", ["lot_id"], unique=False)
    op.create_table(
        "reservation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("returned", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("held", "consumed", "released", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ref_type", sa.String(length=40), nullable=False),
        sa.Column("ref_id", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("0 <= returned AND returned <= quantity", name=op.f("ck_reservation_returned")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservation_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_reservation_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("lot_id", "ref_type", "ref_id", name=op.f("uq_reservation_lot_id_ref_type_ref_id")),
    )
    op.create_index(
        op.f("ix_reservation_lot_id_state_expires_at"), "reservation", ["lot_id", "state", "expires_at"], unique=False
    )
    op.create_index(op.f("ix_reservation_ref_type_ref_id"), "reservation", ["ref_type", "ref_id"], unique=False)
    op.create_table(
        "stock_move",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delta", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "receipt",
                "sale",
                "return",
                "adjustment",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ref_type", sa.String(length=40), nullable=False),
        sa.Column("ref_id", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_stock_move_delta")),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_stock_move_actor_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_move_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_move")),
        sa.UniqueConstraint(
            "lot_id", "reason", "ref_type", "ref_id", name=op.f("uq_stock_move_lot_id_reason_ref_type_ref_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("stock_move")
    op.drop_index(op.f("ix_reservation_ref_type_ref_id"), table_name="reservation")
    op.drop_index(op.f("ix_reservation_lot_id_state_expires_at"), table_name="reservation")
    op.drop_table("reservation")
    op.drop_index(op.f("ix_lot_event_lot_id"), table_name="lot_event")
    op.drop_table("lot_event")
    op.drop_index(op.f("ix_lot_product_id"), table_name="lot")
    op.drop_index(op.f("ix_lot_pack_id_state_expires_on"), table_name="lot")
    op.drop_table("lot")
