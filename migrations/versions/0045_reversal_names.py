"""Let a reversal by the bank be known by both of its names, so that a third telling is no telling of it.

Revision: 0045_reversal_names; after: 0044_board_payout_parts
"""

import sqlalchemy as sa
from alembic import op

revision = "0045_reversal_names"
down_revision = "0044_board_payout_parts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bank_reversal", sa.Column("other_name", sa.String(length=80), nullable=True))
    op.create_index(op.f("ix_bank_reversal_other_name"), "bank_reversal", ["other_name"])


def downgrade() -> None:
    op.drop_index(op.f("ix_bank_reversal_other_name"), "bank_reversal")
    op.drop_column("bank_reversal", "other_name")
