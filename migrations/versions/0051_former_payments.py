"""Remember which fee or sale a payment asked for before another one took its place, so that late money is known.

Revision: 0051_former_payments; after: 0050_audit_indexes
"""

import sqlalchemy as sa
from alembic import op

revision = "0051_former_payments"
down_revision = "0050_audit_indexes"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "stall_former_payment"


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("payment_id", _ID, autoincrement=False, nullable=False),
        sa.Column("fee_id", _ID, nullable=True),
        sa.Column("sale_id", _ID, nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(fee_id IS NULL) <> (sale_id IS NULL)", name=op.f("ck_stall_former_payment_one_owner")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_stall_former_payment_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(["fee_id"], ["market_fee.id"], name=op.f("fk_stall_former_payment_fee_id_market_fee")),
        sa.ForeignKeyConstraint(
            ["sale_id"], ["stall_sale.id"], name=op.f("fk_stall_former_payment_sale_id_stall_sale")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_stall_former_payment")),
    )
    for column in ("fee_id", "sale_id"):
        op.create_index(op.f(f"ix_{_TABLE}_{column}"), _TABLE, [column])


def downgrade() -> None:
    op.drop_table(_TABLE)
