"""Let a board get what a fee became more, after the bank took it back: a fee's living lines are numbered.

Down it goes as long as no fee has two of them: nobody may forget what was paid out.

Revision: 0044_board_payout_parts; after: 0043_ledger_covering
"""

import sqlalchemy as sa
from alembic import op

revision = "0044_board_payout_parts"
down_revision = "0043_ledger_covering"
branch_labels = None
depends_on = None

_LIVE = sa.text("freed_at IS NULL")


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("board_payout_line", sa.Column("part", number, nullable=False, server_default="1"))
    _index("uq_board_payout_line_part", ["fee_id", "part"])
    op.drop_index("uq_board_payout_line_live", "board_payout_line")


def downgrade() -> None:
    _index("uq_board_payout_line_live", ["fee_id"])
    op.drop_index("uq_board_payout_line_part", "board_payout_line")
    op.drop_column("board_payout_line", "part")


def _index(name: str, columns: list[str]) -> None:
    op.create_index(name, "board_payout_line", columns, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
