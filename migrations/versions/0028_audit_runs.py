"""Keep what each run of the ledger's audit found, and the alarms that follow.

Revision: 0028_audit_runs; after: 0027_stall_proof
"""

import sqlalchemy as sa
from alembic import op

revision = "0028_audit_runs"
down_revision = "0027_stall_proof"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_audit_run",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", _ROW, nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_audit_run")),
    )
    op.create_index(op.f("ix_ledger_audit_run_finished_at"), "ledger_audit_run", ["finished_at"], unique=False)
    op.create_table(
        "ledger_alarm",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("offenders", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", _ROW, nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (reason = '')",
            name=op.f("ck_ledger_alarm_acknowledged"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_alarm")),
    )
    op.create_index(
        "uq_ledger_alarm_open",
        "ledger_alarm",
        ["name"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("ledger_alarm")
    op.drop_table("ledger_audit_run")
