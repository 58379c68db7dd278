"""Keep the e-mail address that a buyer may give for news of an order.

Revision: 0049_contact_email; after: 0048_stall_accounts
"""

import sqlalchemy as sa
from alembic import op

revision = "0049_contact_email"
down_revision = "0048_stall_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("customer_order", "checkout_draft"):
        op.add_column(table, sa.Column("contact_email", sa.String(length=254), nullable=True))


def downgrade() -> None:
    for table in ("customer_order", "checkout_draft"):
        op.drop_column(table, "contact_email")
