"""Keep the checks of printed codes with reports about foreign ones, and market fees with their payments.

Revision: 0029_stall_safety; after: 0028_audit_runs
"""

import sqlalchemy as sa
from alembic import op

revision = "0029_stall_safety"
down_revision = "0028_audit_runs"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _purposes(*values: str) -> None:
    """Let ``payment.purpose`` take these values."""
    with op.batch_alter_table("payment") as batch:
        batch.drop_constraint(op.f("ck_payment_purpose"), type_="check")
        batch.create_check_constraint(
            op.f("ck_payment_purpose"), f"purpose IN ({', '.join(repr(value) for value in values)})"
        )


def upgrade() -> None:
    _purposes("order", "stall_sale", "market_fee")
    op.create_table(
        "sticker_check",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("payload", sa.String(length=600), nullable=False),
        sa.Column("read_bin", sa.String(length=12), nullable=True),
        sa.Column("read_account", sa.String(length=40), nullable=True),
        sa.Column("registered_bin", sa.String(length=6), nullable=False),
        sa.Column("registered_account", sa.String(length=19), nullable=False),
        sa.Column("result", _choice("result", "matches", "other_account", "unreadable"), nullable=False),
        sa.Column("checked_by", _ROW, nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_sticker_check_stall_id")),
        sa.ForeignKeyConstraint(["checked_by"], ["user_account.id"], name=op.f("fk_sticker_check_checked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sticker_check")),
    )
    op.create_index(op.f("ix_sticker_check_stall_id"), "sticker_check", ["stall_id"], unique=False)
    op.create_table(
        "sticker_report",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("check_id", _ROW, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("closed_by", _ROW, nullable=True),
        sa.Column("outcome", sa.String(length=300), nullable=False),
        sa.CheckConstraint("(closed_at IS NULL) = (length(outcome) = 0)", name=op.f("ck_sticker_report_outcome")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_sticker_report_closed")),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_sticker_report_stall_id")),
        sa.ForeignKeyConstraint(["check_id"], ["sticker_check.id"], name=op.f("fk_sticker_report_check_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_sticker_report_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sticker_report")),
        sa.UniqueConstraint("check_id", name=op.f("uq_sticker_report_check_id")),
    )
    op.create_index(
        "uq_sticker_report_open",
        "sticker_report",
        ["stall_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "market_fee",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("market_id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("amount", _ROW, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", _choice("state", "due", "paid", "waived"), nullable=False),
        sa.Column("payment_id", _ROW, nullable=False),
        sa.Column("means", _choice("means", "qr", "cash"), nullable=True),
        sa.Column("receipt_number", sa.String(length=30), nullable=True),
        sa.Column("waived_reason", sa.String(length=300), nullable=False),
        sa.Column("set_by", _ROW, nullable=False),
        sa.Column("recorded_by", _ROW, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("paid_at", _MOMENT, nullable=True),
        sa.CheckConstraint("amount BETWEEN 1 AND 499999999", name=op.f("ck_market_fee_amount")),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_market_fee_paid")),
        sa.CheckConstraint("(state = 'paid') = (means IS NOT NULL)", name=op.f("ck_market_fee_means_of_paid")),
        sa.CheckConstraint(
            "(receipt_number IS NOT NULL) = (means IS NOT NULL AND means = 'cash')",
            name=op.f("ck_market_fee_receipt"),
        ),
        sa.CheckConstraint("(state = 'waived') = (length(waived_reason) > 0)", name=op.f("ck_market_fee_waived")),
        sa.ForeignKeyConstraint(["market_id"], ["market.id"], name=op.f("fk_market_fee_market_id")),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_market_fee_stall_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_market_fee_payment_id")),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_market_fee_set_by")),
        sa.ForeignKeyConstraint(["recorded_by"], ["user_account.id"], name=op.f("fk_market_fee_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_fee")),
        sa.UniqueConstraint("stall_id", "period", name=op.f("uq_market_fee_stall_id_period")),
        sa.UniqueConstraint("market_id", "receipt_number", name=op.f("uq_market_fee_market_id_receipt_number")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_market_fee_payment_id")),
    )
    op.create_index(op.f("ix_market_fee_market_id"), "market_fee", ["market_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_market_fee_market_id"), table_name="market_fee")
    op.drop_table("market_fee")
    op.drop_index("uq_sticker_report_open", table_name="sticker_report")
    op.drop_table("sticker_report")
    op.drop_index(op.f("ix_sticker_check_stall_id"), table_name="sticker_check")
    op.drop_table("sticker_check")
    _purposes("order", "stall_sale")
