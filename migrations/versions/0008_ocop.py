"""Create the tables of the room ocop.

Revision: 0008_ocop; after: 0007_producers
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_ocop"
down_revision = "0007_producers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ocop_product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("producer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_fold", sa.String(length=200), nullable=False),
        sa.Column(
            "group",
            sa.Enum(
                "food",
                "drink",
                "herbal",
                "handicraft",
                "ornamental",
                "tourism",
                name="group",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("is_alcohol", sa.Boolean(), nullable=False),
        sa.Column("commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("former_commune_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source_url", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["commune_id"], ["admin_unit.id"], name=op.f("fk_ocop_product_commune_id")),
        sa.ForeignKeyConstraint(
            ["former_commune_id"], ["admin_unit.id"], name=op.f("fk_ocop_product_former_commune_id")
        ),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_ocop_product_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ocop_product")),
    )
    op.create_index(op.f("ix_ocop_product_commune_id_group"), "ocop_product", ["commune_id", "group"], unique=False)
    op.create_index(op.f("ix_ocop_product_former_commune_id"), "ocop_product", ["former_commune_id"], unique=False)
    op.create_index(op.f("ix_ocop_product_producer_id"), "ocop_product", ["producer_id"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ocop_product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_set", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("stars", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_potential_five_star", sa.Boolean(), nullable=False),
        sa.Column("decision_number", sa.String(length=60), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column(
            "authority_level",
            sa.Enum(
                "district",
                "province",
                "centre",
                name="authority_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("authority_name", sa.String(length=160), nullable=False),
        sa.Column("authority_unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "awarded",
                "withdrawn",
                "superseded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state IN ('withdrawn','superseded')) = (ended_on IS NOT NULL)",
            name=op.f("ck_certificate_ended"),
        ),
        sa.CheckConstraint("expires_on > issued_on", name=op.f("ck_certificate_validity")),
        sa.CheckConstraint("score IS NULL OR (score >= 0 AND score <= 100)", name=op.f("ck_certificate_score")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_certificate_stars")),
        sa.ForeignKeyConstraint(
            ["authority_unit_id"], ["admin_unit.id"], name=op.f("fk_certificate_authority_unit_id")
        ),
        sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name=op.f("fk_certificate_evidence_id")),
        sa.ForeignKeyConstraint(["ocop_product_id"], ["ocop_product.id"], name=op.f("fk_certificate_ocop_product_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["user_account.id"], name=op.f("fk_certificate_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint(
            "ocop_product_id",
            "decision_number",
            "decided_on",
            name=op.f("uq_certificate_ocop_product_id_decision_number_decided_on"),
        ),
    )
    op.create_index(
        op.f("ix_certificate_ocop_product_id_state_issued_on_expires_on"),
        "certificate",
        ["ocop_product_id", "state", "issued_on", "expires_on"],
        unique=False,
    )
    op.create_table(
        "certificate_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("certificate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_certificate_event_actor_id")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_certificate_event_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_event")),
    )
    op.create_index(op.f("ix_certificate_event_certificate_id"), "certificate_event", ["certificate_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_certificate_event_certificate_id"), table_name="certificate_event")
    op.drop_table("certificate_event")
    op.drop_index(op.f("ix_certificate_ocop_product_id_state_issued_on_expires_on"), table_name="certificate")
    op.drop_table("certificate")
    op.drop_index(op.f("ix_ocop_product_producer_id"), table_name="ocop_product")
    op.drop_index(op.f("ix_ocop_product_former_commune_id"), table_name="ocop_product")
    op.drop_index(op.f("ix_ocop_product_commune_id_group"), table_name="ocop_product")
    op.drop_table("ocop_product")
