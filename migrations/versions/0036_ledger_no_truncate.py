"""Let PostgreSQL refuse to empty the tables of the ledger: TRUNCATE fires no trigger of rows.

Revision: 0036_ledger_no_truncate; after: 0035_claimed_receipts
"""

from alembic import op

revision = "0036_ledger_no_truncate"
down_revision = "0035_claimed_receipts"
branch_labels = None
depends_on = None

TABLES = ("ledger_account", "ledger_entry", "ledger_line")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":  # SQLite has no TRUNCATE, and its DELETE asks the trigger of rows
        return
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
