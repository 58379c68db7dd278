"""Keep who closed a message that changed nothing, when and why.

Revision: 0042_event_decisions; after: 0041_plan_until
"""

import sqlalchemy as sa
from alembic import op

revision = "0042_event_decisions"
down_revision = "0041_plan_until"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "gateway_event_decision",
        sa.Column("id", _ID, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by_id", _ID, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.CheckConstraint("length(note) >= 3", name=op.f("ck_gateway_event_decision_note")),
        sa.ForeignKeyConstraint(["event_id"], ["gateway_event.id"], name=op.f("fk_gateway_event_decision_event_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_gateway_event_decision_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_event_decision")),
        sa.UniqueConstraint("event_id", name=op.f("uq_gateway_event_decision_event_id")),
    )


def downgrade() -> None:
    op.drop_table("gateway_event_decision")
