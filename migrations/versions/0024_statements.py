"""Keep statements, their differences from the books, and when they were compared.

Revision: 0024_statements; after: 0023_stall_shifts
"""

import sqlalchemy as sa
from alembic import op

revision = "0024_statements"
down_revision = "0023_stall_shifts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliation_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "clean",
                "differences",
                "unanswered",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("silent", sa.Text(), nullable=False),
        sa.Column("found", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("repaired", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("still_open", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_run")),
    )
    op.create_index(op.f("ix_reconciliation_run_ended_at"), "reconciliation_run", ["ended_at"], unique=False)
    op.create_table(
        "statement_difference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=19), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "unapplied",
                "missing_notice",
                "missing_there",
                "missing_here",
                "amount_differs",
                "state_differs",
                "currency_differs",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("theirs", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ours", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("their_state", sa.String(length=40), nullable=False),
        sa.Column("our_state", sa.String(length=40), nullable=False),
        sa.Column("effect", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "resolved",
                "repaired",
                "gone",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("resolved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_statement_difference_closed")),
        sa.CheckConstraint(
            "state <> 'resolved' OR length(resolution) >= 3", name=op.f("ck_statement_difference_reason")
        ),
        sa.CheckConstraint(
            "state <> 'resolved' OR resolved_by_id IS NOT NULL", name=op.f("ck_statement_difference_resolved")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_statement_difference_owner_id")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["user_account.id"], name=op.f("fk_statement_difference_resolved_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_difference")),
    )
    op.create_index(
        op.f("ix_statement_difference_account_happened_on"),
        "statement_difference",
        ["account", "happened_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_statement_difference_state_found_at"), "statement_difference", ["state", "found_at"], unique=False
    )
    op.create_index(
        "uq_statement_difference_living",
        "statement_difference",
        ["account", "subject", "kind"],
        unique=True,
        sqlite_where=sa.text("state <> 'gone'"),
        postgresql_where=sa.text("state <> 'gone'"),
    )
    op.create_table(
        "statement_import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("layout", sa.String(length=1), nullable=False),
        sa.Column("account", sa.String(length=19), nullable=False),
        sa.Column("rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("new_lines", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closing", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("rows >= 0 AND new_lines BETWEEN 0 AND rows", name=op.f("ck_statement_import_rows")),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_statement_import_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_import")),
    )
    op.create_index(op.f("ix_statement_import_imported_at"), "statement_import", ["imported_at"], unique=False)
    op.create_table(
        "statement_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=19), nullable=False),
        sa.Column("bin", sa.String(length=6), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("later_reference", sa.String(length=80), nullable=True),
        sa.Column("amount", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("memo", sa.String(length=210), nullable=False),
        sa.Column("transacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_time", sa.Boolean(), nullable=False),
        sa.Column("counterparty", sa.String(length=120), nullable=False),
        sa.Column("counterparty_account", sa.String(length=34), nullable=False),
        sa.Column(
            "source",
            sa.Enum("file", "bank", "gateway", name="source", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ignored_reason", sa.String(length=60), nullable=True),
        sa.Column("receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["statement_import.id"], name=op.f("fk_statement_line_import_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["bank_receipt.id"], name=op.f("fk_statement_line_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        sa.UniqueConstraint("account", "key", name=op.f("uq_statement_line_account_key")),
    )
    op.create_index(
        op.f("ix_statement_line_account_transacted_at"), "statement_line", ["account", "transacted_at"], unique=False
    )
    op.create_index(op.f("ix_statement_line_import_id"), "statement_line", ["import_id"], unique=False)
    op.create_index(op.f("ix_statement_line_later_reference"), "statement_line", ["later_reference"], unique=False)
    op.create_index(op.f("ix_statement_line_receipt_id"), "statement_line", ["receipt_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_statement_line_receipt_id"), table_name="statement_line")
    op.drop_index(op.f("ix_statement_line_later_reference"), table_name="statement_line")
    op.drop_index(op.f("ix_statement_line_import_id"), table_name="statement_line")
    op.drop_index(op.f("ix_statement_line_account_transacted_at"), table_name="statement_line")
    op.drop_table("statement_line")
    op.drop_index(op.f("ix_statement_import_imported_at"), table_name="statement_import")
    op.drop_table("statement_import")
    op.drop_index(
        "uq_statement_difference_living",
        table_name="statement_difference",
        sqlite_where=sa.text("state <> 'gone'"),
        postgresql_where=sa.text("state <> 'gone'"),
    )
    op.drop_index(op.f("ix_statement_difference_state_found_at"), table_name="statement_difference")
    op.drop_index(op.f("ix_statement_difference_account_happened_on"), table_name="statement_difference")
    op.drop_table("statement_difference")
    op.drop_index(op.f("ix_reconciliation_run_ended_at"), table_name="reconciliation_run")
    op.drop_table("reconciliation_run")
