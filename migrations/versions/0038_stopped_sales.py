"""Say why a sale at a stall was cancelled when it was not its trader's doing.

Revision: 0038_stopped_sales; after: 0037_sale_codes
"""

from alembic import op

revision = "0038_stopped_sales"
down_revision = "0037_sale_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # a column with its own CHECK, so that SQLite needs no rebuild of the table (which would drop its triggers)
    op.execute(
        "ALTER TABLE stall_sale ADD COLUMN cancel_reason VARCHAR(32) "
        "CONSTRAINT ck_stall_sale_cancel_reason CHECK (cancel_reason IN ('lot_recalled'))"
    )


def downgrade() -> None:
    op.drop_column("stall_sale", "cancel_reason")
