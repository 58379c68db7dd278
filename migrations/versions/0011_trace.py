"""Create the tables of the room trace.

Revision: 0011_trace; after: 0010_inventory
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_trace"
down_revision = "0010_inventory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_check",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("trace_link_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ok",
                "bad_syntax",
                "host_not_allowed",
                "gtin_mismatch",
                "unreachable",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["trace_link_id"], ["trace_link.id"], name=op.f("fk_link_check_trace_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_check")),
    )
    op.create_index(
        op.f("ix_link_check_trace_link_id_checked_at"),
        "link_check",
        ["trace_link_id", "checked_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_link_check_trace_link_id_checked_at"), table_name="link_check")
    op.drop_table("link_check")
