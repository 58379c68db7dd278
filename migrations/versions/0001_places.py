"""Create the tables of the room places.

Revision: 0001_places; after: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_places"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_unit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("vintage", sa.String(length=10), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "province",
                "district",
                "commune",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("full_name", sa.String(length=110), nullable=False),
        sa.Column("name_fold", sa.String(length=110), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to > valid_from", name=op.f("ck_admin_unit_validity")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["admin_unit.id"], name=op.f("fk_admin_unit_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_unit")),
        sa.UniqueConstraint("vintage", "level", "code", name=op.f("uq_admin_unit_vintage_level_code")),
    )
    op.create_index(op.f("ix_admin_unit_parent_id"), "admin_unit", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_admin_unit_vintage_level_name_fold"),
        "admin_unit",
        ["vintage", "level", "name_fold"],
        unique=False,
    )
    op.create_table(
        "unit_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("field", sa.String(length=10), nullable=False),
        sa.Column("old_value", sa.String(length=110), nullable=False),
        sa.Column("new_value", sa.String(length=110), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["admin_unit.id"], name=op.f("fk_unit_change_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_change")),
        sa.UniqueConstraint("unit_id", "changed_on", "field", name=op.f("uq_unit_change_unit_id_changed_on_field")),
    )
    op.create_table(
        "unit_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("new_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("share", sa.Numeric(precision=6, scale=5), nullable=True),
        sa.Column("is_split", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["new_id"], ["admin_unit.id"], name=op.f("fk_unit_link_new_id")),
        sa.ForeignKeyConstraint(["old_id"], ["admin_unit.id"], name=op.f("fk_unit_link_old_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_link")),
        sa.UniqueConstraint("old_id", "new_id", "valid_from", name=op.f("uq_unit_link_old_id_new_id_valid_from")),
    )
    op.create_index(op.f("ix_unit_link_new_id"), "unit_link", ["new_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_unit_link_new_id"), table_name="unit_link")
    op.drop_table("unit_link")
    op.drop_table("unit_change")
    op.drop_index(op.f("ix_admin_unit_vintage_level_name_fold"), table_name="admin_unit")
    op.drop_index(op.f("ix_admin_unit_parent_id"), table_name="admin_unit")
    op.drop_table("admin_unit")
