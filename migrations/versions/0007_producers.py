"""Create the tables of the room producers.

Revision: 0007_producers; after: 0006_accounts
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_producers"
down_revision = "0006_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "producer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "cooperative",
                "cooperative_group",
                "company",
                "household_business",
                "craft_village_or_farm",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_fold", sa.String(length=200), nullable=False),
        sa.Column("tax_code", sa.String(length=14), nullable=True),
        sa.Column("commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("former_commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("address_line", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("delivery_fee", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "verified",
                "rejected",
                "suspended",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state_before_suspension",
            sa.Enum(
                "pending",
                "verified",
                "rejected",
                "suspended",
                name="state_before_suspension",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'suspended') = (state_before_suspension IS NOT NULL)",
            name=op.f("ck_producer_suspension"),
        ),
        sa.CheckConstraint("delivery_fee BETWEEN 0 AND 10000000", name=op.f("ck_producer_delivery_fee")),
        sa.ForeignKeyConstraint(["commune_id"], ["admin_unit.id"], name=op.f("fk_producer_commune_id")),
        sa.ForeignKeyConstraint(["former_commune_id"], ["admin_unit.id"], name=op.f("fk_producer_former_commune_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer")),
        sa.UniqueConstraint("slug", name=op.f("uq_producer_slug")),
    )
    op.create_index(op.f("ix_producer_commune_id"), "producer", ["commune_id"], unique=False)
    op.create_index(op.f("ix_producer_former_commune_id"), "producer", ["former_commune_id"], unique=False)
    op.create_index(op.f("ix_producer_kind"), "producer", ["kind"], unique=False)
    op.create_index(op.f("ix_producer_state"), "producer", ["state"], unique=False)
    op.create_table(
        "producer_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("producer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_producer_event_actor_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_producer_event_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer_event")),
    )
    op.create_index(op.f("ix_producer_event_producer_id"), "producer_event", ["producer_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_producer_event_producer_id"), table_name="producer_event")
    op.drop_table("producer_event")
    op.drop_index(op.f("ix_producer_state"), table_name="producer")
    op.drop_index(op.f("ix_producer_kind"), table_name="producer")
    op.drop_index(op.f("ix_producer_former_commune_id"), table_name="producer")
    op.drop_index(op.f("ix_producer_commune_id"), table_name="producer")
    op.drop_table("producer")
