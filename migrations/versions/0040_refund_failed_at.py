"""Remember when a refund turned out not to have worked, so that a buyer's order can tell it.

Revision: 0040_refund_failed_at; after: 0039_boards
"""

import sqlalchemy as sa
from alembic import op

revision = "0040_refund_failed_at"
down_revision = "0039_boards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refund", sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("refund", "failed_at")
