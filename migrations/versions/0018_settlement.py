"""Create the tables of the room settlement.

Revision: 0018_settlement; after: 0017_stalls
"""

revision = "0018_settlement"
down_revision = "0017_stalls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
