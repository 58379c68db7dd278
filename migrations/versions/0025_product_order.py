"""Let the list of products read a page in order out of an index.

Revision: 0025_product_order; after: 0024_statements
"""

from alembic import op

revision = "0025_product_order"
down_revision = "0024_statements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_product_state_approved_at_id", "product", ["state", "approved_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_product_state_approved_at_id", table_name="product")
