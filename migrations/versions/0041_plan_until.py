"""Know until when the targets of a plan were set, so that a report of a later month says so.

Revision: 0041_plan_until; after: 0040_refund_failed_at
"""

import sqlalchemy as sa
from alembic import op

revision = "0041_plan_until"
down_revision = "0040_refund_failed_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan", sa.Column("targets_until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    # the plans that came with the program and say "đến 2025" themselves
    op.execute("UPDATE plan SET targets_until = 2025 WHERE code IN ('924-qd-ttg', 'nghe-an-132', 'ha-noi-236')")


def downgrade() -> None:
    op.drop_column("plan", "targets_until")
