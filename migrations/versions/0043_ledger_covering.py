"""Let the ledger's indexes hold the amounts: balances and the audit read them without opening the lines.

Revision: 0043_ledger_covering; after: 0042_event_decisions
"""

from alembic import op

revision = "0043_ledger_covering"
down_revision = "0042_event_decisions"
branch_labels = None
depends_on = None

OLD = (("account_id", "entry_id"), ("entry_id",))
NEW = (("account_id", "entry_id", "amount"), ("entry_id", "account_id", "amount"))


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(old: tuple[tuple[str, ...], ...], new: tuple[tuple[str, ...], ...]) -> None:
    for columns in new:
        op.create_index(_name(columns), "ledger_line", columns)
    for columns in old:
        op.drop_index(_name(columns), "ledger_line")


def _name(columns: tuple[str, ...]) -> str:
    return f"ix_ledger_line_{'_'.join(columns)}"
