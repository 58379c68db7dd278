"""Keep what buyers ask to call off or to send back, line by line and step by step.

Revision: 0030_returns; after: 0029_stall_safety
"""

import sqlalchemy as sa
from alembic import op

revision = "0030_returns"
down_revision = "0029_stall_safety"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "return_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("sub_order_id", ID, nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("cancellation", "return", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "wrong_information",
                "not_as_ordered",
                "damaged",
                "too_slow",
                "ordered_by_mistake",
                "changed_mind",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "accepted",
                "received",
                "refunded",
                "refused",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("refund_id", ID, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state <> 'refused' OR answer <> ''", name=op.f("ck_return_request_refusal")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_return_request_refund_id")),
        sa.ForeignKeyConstraint(["sub_order_id"], ["sub_order.id"], name=op.f("fk_return_request_sub_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_request")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_return_request_idempotency_key")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_return_request_refund_id")),
    )
    op.create_index(op.f("ix_return_request_state_asked_at"), "return_request", ["state", "asked_at"], unique=False)
    op.create_index(op.f("ix_return_request_sub_order_id"), "return_request", ["sub_order_id"], unique=False)
    op.create_table(
        "return_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("to_state", sa.String(length=32), nullable=False),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_return_event_actor_id")),
        sa.ForeignKeyConstraint(["request_id"], ["return_request.id"], name=op.f("fk_return_event_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_event")),
    )
    op.create_index(op.f("ix_return_event_request_id"), "return_event", ["request_id"], unique=False)
    op.create_table(
        "return_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=False),
        sa.Column("quantity", ID, nullable=False),
        sa.Column("sellable", ID, nullable=True),
        sa.CheckConstraint("quantity BETWEEN 1 AND 999", name=op.f("ck_return_line_quantity")),
        sa.CheckConstraint("sellable IS NULL OR sellable BETWEEN 0 AND quantity", name=op.f("ck_return_line_sellable")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_return_line_order_line_id")),
        sa.ForeignKeyConstraint(["request_id"], ["return_request.id"], name=op.f("fk_return_line_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_line")),
        sa.UniqueConstraint("request_id", "order_line_id", name=op.f("uq_return_line_request_id_order_line_id")),
    )
    op.create_index(op.f("ix_return_line_order_line_id"), "return_line", ["order_line_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_return_line_order_line_id"), table_name="return_line")
    op.drop_table("return_line")
    op.drop_index(op.f("ix_return_event_request_id"), table_name="return_event")
    op.drop_table("return_event")
    op.drop_index(op.f("ix_return_request_sub_order_id"), table_name="return_request")
    op.drop_index(op.f("ix_return_request_state_asked_at"), table_name="return_request")
    op.drop_table("return_request")
