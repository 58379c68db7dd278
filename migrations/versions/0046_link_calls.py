"""Keep what portals answered when their trace links were called, and links that were taken away.

A page that shows an answer is made anew; what was known of a link outlives it, for the figures of past months.

Revision: 0046_link_calls; after: 0045_reversal_names
"""

import sqlalchemy as sa
from alembic import op

revision = "0046_link_calls"
down_revision = "0045_reversal_names"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_VERBS = ("insert", "update", "delete")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "link_call",
        sa.Column("id", _ID, nullable=False),
        sa.Column("trace_link_id", _ID, nullable=False),
        sa.Column("called_at", _MOMENT, nullable=False),
        sa.Column("answer", _choice("answer", "works", "gone", "failed", "unsure", "no_network"), nullable=False),
        sa.Column("http_status", _ID, nullable=True),
        sa.Column("note", sa.String(length=40), nullable=False),
        sa.Column("state", _choice("state", "works", "broken", "unknown"), nullable=False),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["trace_link_id"], ["trace_link.id"], name=op.f("fk_link_call_trace_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_call")),
    )
    op.create_index(op.f("ix_link_call_trace_link_id_called_at"), "link_call", ["trace_link_id", "called_at"])
    op.add_column("trace_link", sa.Column("removed_at", _MOMENT, nullable=True))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    note = (
        "FOR EACH STATEMENT EXECUTE FUNCTION shelf_change_note()"
        if is_postgresql
        else "BEGIN INSERT INTO shelf_change (id) VALUES (NULL); END"
    )
    for verb in _VERBS:
        op.execute(f"CREATE TRIGGER shelf_change_link_call_{verb} AFTER {verb} ON link_call {note}")


def downgrade() -> None:
    op.drop_table("link_call")  # takes its triggers along
    # the schema before knew no link that was taken away
    op.execute("DELETE FROM link_check WHERE trace_link_id IN (SELECT id FROM trace_link WHERE removed_at IS NOT NULL)")
    op.execute("DELETE FROM trace_link WHERE removed_at IS NOT NULL")
    op.drop_column("trace_link", "removed_at")
