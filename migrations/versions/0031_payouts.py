"""Create payout batches, payouts and their lines: two people, one earning in one payout, no money before the rest is over.

Revision: 0031_payouts; after: 0030_returns
"""

import sqlalchemy as sa
from alembic import op

revision = "0031_payouts"
down_revision = "0030_returns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payout_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested", "approved", "refused", name="state", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("requested_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'requested') = (decided_at IS NULL)", name=op.f("ck_payout_batch_decided_at")),
        sa.CheckConstraint("(state = 'requested') = (decided_by_id IS NULL)", name=op.f("ck_payout_batch_decided_by")),
        sa.CheckConstraint("decided_by_id <> requested_by_id", name=op.f("ck_payout_batch_second_person")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_payout_batch_decided_by_id")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["user_account.id"], name=op.f("fk_payout_batch_requested_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batch")),
    )
    op.create_index(op.f("ix_payout_batch_state"), "payout_batch", ["state"], unique=False)
    op.create_table(
        "payout",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("producer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_rests_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "approved",
                "sent",
                "paid",
                "held",
                "refused",
                "failed",
                "returned",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("held_reason", sa.String(length=40), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'held') = (held_reason IS NOT NULL)", name=op.f("ck_payout_held")),
        sa.CheckConstraint(
            "(state IN ('sent', 'paid', 'failed', 'returned')) = (sent_at IS NOT NULL)", name=op.f("ck_payout_sent")
        ),
        sa.CheckConstraint("(sent_at IS NULL) = (transfer_id IS NULL)", name=op.f("ck_payout_transfer")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payout_amount")),
        sa.CheckConstraint("approved_at >= account_rests_until", name=op.f("ck_payout_approved_after_rest")),
        sa.CheckConstraint("sent_at >= account_rests_until", name=op.f("ck_payout_sent_after_rest")),
        sa.CheckConstraint("sent_at IS NULL OR approved_at IS NOT NULL", name=op.f("ck_payout_approved")),
        sa.ForeignKeyConstraint(
            ["account_id", "producer_id", "account_rests_until"],
            ["payout_account.id", "payout_account.producer_id", "payout_account.rests_until"],
            name="fk_payout_account",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_batch_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_payout_producer_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["outgoing_transfer.id"], name=op.f("fk_payout_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("batch_id", "producer_id", name=op.f("uq_payout_batch_id_producer_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_payout_transfer_id")),
    )
    op.create_index(op.f("ix_payout_producer_id_state"), "payout", ["producer_id", "state"], unique=False)
    op.create_index(op.f("ix_payout_state"), "payout", ["state"], unique=False)
    op.create_table(
        "payout_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payout_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("earning_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["earning_id"], ["earning.id"], name=op.f("fk_payout_line_earning_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_line_payout_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_line")),
    )
    op.create_index(op.f("ix_payout_line_earning_id"), "payout_line", ["earning_id"], unique=False)
    op.create_index(op.f("ix_payout_line_payout_id"), "payout_line", ["payout_id"], unique=False)
    op.create_index(
        "uq_payout_line_live",
        "payout_line",
        ["earning_id"],
        unique=True,
        sqlite_where=sa.text("freed_at IS NULL"),
        postgresql_where=sa.text("freed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_payout_line_live",
        table_name="payout_line",
        sqlite_where=sa.text("freed_at IS NULL"),
        postgresql_where=sa.text("freed_at IS NULL"),
    )
    op.drop_index(op.f("ix_payout_line_payout_id"), table_name="payout_line")
    op.drop_index(op.f("ix_payout_line_earning_id"), table_name="payout_line")
    op.drop_table("payout_line")
    op.drop_index(op.f("ix_payout_state"), table_name="payout")
    op.drop_index(op.f("ix_payout_producer_id_state"), table_name="payout")
    op.drop_table("payout")
    op.drop_index(op.f("ix_payout_batch_state"), table_name="payout_batch")
    op.drop_table("payout_batch")
