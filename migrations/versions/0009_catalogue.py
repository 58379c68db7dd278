"""Create the tables of the room catalogue.

Revision: 0009_catalogue; after: 0008_ocop
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_catalogue"
down_revision = "0008_ocop"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("producer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ocop_product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("name_search", sa.String(length=160), nullable=False),
        sa.Column("name_fold", sa.String(length=160), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("origin_commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("planting_area_code", sa.String(length=40), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "changes_wanted",
                "approved",
                "paused",
                "archived",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ocop_product_id"], ["ocop_product.id"], name=op.f("fk_product_ocop_product_id")),
        sa.ForeignKeyConstraint(["origin_commune_id"], ["admin_unit.id"], name=op.f("fk_product_origin_commune_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_product_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    op.create_index(op.f("ix_product_ocop_product_id"), "product", ["ocop_product_id"], unique=False)
    op.create_index(op.f("ix_product_origin_commune_id"), "product", ["origin_commune_id"], unique=False)
    op.create_index(op.f("ix_product_producer_id_state"), "product", ["producer_id", "state"], unique=False)
    op.create_index(op.f("ix_product_state"), "product", ["state"], unique=False)
    op.create_table(
        "pack",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("net_weight_grams", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("approved_price", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.CheckConstraint("approved_price BETWEEN 1000 AND 99999999", name=op.f("ck_pack_approved_price")),
        sa.CheckConstraint(
            "net_weight_grams IS NULL OR net_weight_grams BETWEEN 1 AND 1000000",
            name=op.f("ck_pack_net_weight"),
        ),
        sa.CheckConstraint("price BETWEEN 1000 AND 99999999", name=op.f("ck_pack_price")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_pack_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack")),
    )
    op.create_index(op.f("ix_pack_product_id"), "pack", ["product_id"], unique=False)
    op.create_table(
        "product_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_product_event_actor_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_event_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_event")),
    )
    op.create_index(op.f("ix_product_event_product_id"), "product_event", ["product_id"], unique=False)
    op.create_table(
        "product_photo",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alternative_text", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_product_photo_file_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_photo_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_photo")),
        sa.UniqueConstraint("product_id", "file_id", name=op.f("uq_product_photo_product_id_file_id")),
    )
    op.create_table(
        "staged_edit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "submitted",
                "changes_wanted",
                "approved",
                "discarded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("submitted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_staged_edit_decided_by_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_staged_edit_product_id")),
        sa.ForeignKeyConstraint(["submitted_by_id"], ["user_account.id"], name=op.f("fk_staged_edit_submitted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_edit")),
    )
    op.create_index(
        "uq_staged_edit_open",
        "staged_edit",
        ["product_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('submitted','changes_wanted')"),
        postgresql_where=sa.text("state IN ('submitted','changes_wanted')"),
    )
    op.create_table(
        "trace_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_trace_link_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_link")),
        sa.UniqueConstraint("product_id", "url", name=op.f("uq_trace_link_product_id_url")),
    )


def downgrade() -> None:
    op.drop_table("trace_link")
    op.drop_index(
        "uq_staged_edit_open",
        table_name="staged_edit",
        sqlite_where=sa.text("state IN ('submitted','changes_wanted')"),
        postgresql_where=sa.text("state IN ('submitted','changes_wanted')"),
    )
    op.drop_table("staged_edit")
    op.drop_table("product_photo")
    op.drop_index(op.f("ix_product_event_product_id"), table_name="product_event")
    op.drop_table("product_event")
    op.drop_index(op.f("ix_pack_product_id"), table_name="pack")
    op.drop_table("pack")
    op.drop_index(op.f("ix_product_state"), table_name="product")
    op.drop_index(op.f("ix_product_producer_id_state"), table_name="product")
    op.drop_index(op.f("ix_product_origin_commune_id"), table_name="product")
    op.drop_index(op.f("ix_product_ocop_product_id"), table_name="product")
    op.drop_table("product")
