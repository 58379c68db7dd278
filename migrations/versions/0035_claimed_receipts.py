"""Let a receipt be known by the row that told it without a reference and by the reference that came later.

Revision: 0035_claimed_receipts; after: 0034_unapplied
"""

import sqlalchemy as sa
from alembic import op

revision = "0035_claimed_receipts"
down_revision = "0034_unapplied"
branch_labels = None
depends_on = None

_TABLE = "bank_receipt"


def upgrade() -> None:
    op.add_column(_TABLE, sa.Column("row_key", sa.String(length=80), nullable=True))
    op.add_column(_TABLE, sa.Column("later_reference", sa.String(length=80), nullable=True))
    # rows without a reference, and what they were found to be, as far as statements say
    op.execute("UPDATE bank_receipt SET row_key = bank_reference WHERE bank_reference LIKE 'CSV-%'")
    op.execute(
        "UPDATE bank_receipt SET row_key = (SELECT MIN(line.key) FROM statement_line line "
        "WHERE line.receipt_id = bank_receipt.id AND line.key LIKE 'CSV-%') WHERE row_key IS NULL"
    )
    op.execute(
        "UPDATE bank_receipt SET later_reference = (SELECT MIN(line.later_reference) FROM statement_line line "
        "WHERE line.receipt_id = bank_receipt.id AND NOT EXISTS (SELECT 1 FROM bank_receipt other "
        "WHERE other.bank_reference = line.later_reference)) WHERE row_key = bank_reference"
    )
    op.create_index(op.f("ix_bank_receipt_account_transacted_at"), _TABLE, ["account", "transacted_at"])
    for column in ("row_key", "later_reference"):
        op.create_index(f"uq_bank_receipt_{column}", _TABLE, [column], unique=True)


def downgrade() -> None:
    for column in ("later_reference", "row_key"):
        op.drop_index(f"uq_bank_receipt_{column}", table_name=_TABLE)
    op.drop_index(op.f("ix_bank_receipt_account_transacted_at"), table_name=_TABLE)
    for column in ("later_reference", "row_key"):
        op.drop_column(_TABLE, column)
