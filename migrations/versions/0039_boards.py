"""Create the accounts and payouts of market boards: entered once, 48 hours of rest, one fee in one payout.

Revision: 0039_boards; after: 0038_stopped_sales
"""

import sqlalchemy as sa
from alembic import op

revision = "0039_boards"
down_revision = "0038_stopped_sales"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_IN_FORCE = sa.text("state <> 'replaced'")
_LIVE = sa.text("freed_at IS NULL")
_ENTERED = ("market_id", "bank_bin", "account_number", "holder", "changed_by_id", "changed_at", "rests_until")
#: 48 hours in whole seconds: the two moments have the same fraction.
_REST = {
    "postgresql": "rests_until >= changed_at + interval '48 hours'",
    "sqlite": "strftime('%s', rests_until) - strftime('%s', changed_at) >= 172800",
}


def _state(*values: str) -> sa.Enum:
    return sa.Enum(*values, name="state", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _create_account(dialect)
    _create_payout()
    op.create_table(
        "board_payout_line",
        sa.Column("id", _ID, nullable=False),
        sa.Column("payout_id", _ID, nullable=False),
        sa.Column("fee_id", _ID, nullable=False),
        sa.Column("amount", _ID, nullable=False),
        sa.Column("freed_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["payout_id"], ["board_payout.id"], name=op.f("fk_board_payout_line_payout_id")),
        sa.ForeignKeyConstraint(["fee_id"], ["market_fee.id"], name=op.f("fk_board_payout_line_fee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_payout_line")),
    )
    op.create_index(op.f("ix_board_payout_line_fee_id"), "board_payout_line", ["fee_id"])
    op.create_index(op.f("ix_board_payout_line_payout_id"), "board_payout_line", ["payout_id"])
    op.create_index(
        "uq_board_payout_line_live",
        "board_payout_line",
        ["fee_id"],
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    if dialect == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _create_account(dialect: str) -> None:
    op.create_table(
        "board_account",
        sa.Column("id", _ID, nullable=False),
        sa.Column("market_id", _ID, nullable=False),
        sa.Column("bank_bin", sa.String(length=6), nullable=False),
        sa.Column("account_number", sa.String(length=19), nullable=False),
        sa.Column("holder", sa.String(length=70), nullable=False),
        sa.Column("state", _state("waiting", "verified", "refused", "replaced"), nullable=False),
        sa.Column("changed_by_id", _ID, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("rests_until", _MOMENT, nullable=False),
        sa.Column("decided_by_id", _ID, nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("decided_by_id <> changed_by_id", name=op.f("ck_board_account_second_person")),
        sa.CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name=op.f("ck_board_account_decided")),
        sa.CheckConstraint(
            "state NOT IN ('verified', 'refused') OR decided_at IS NOT NULL", name=op.f("ck_board_account_decision")
        ),
        sa.CheckConstraint(_REST[dialect], name=op.f("ck_board_account_rest")),
        sa.ForeignKeyConstraint(["market_id"], ["market.id"], name=op.f("fk_board_account_market_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user_account.id"], name=op.f("fk_board_account_changed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_board_account_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_account")),
        sa.UniqueConstraint("id", "market_id", "rests_until", name=op.f("uq_board_account_id_market_id_rests_until")),
    )
    op.create_index(op.f("ix_board_account_market_id"), "board_account", ["market_id"])
    op.create_index(
        "uq_board_account_in_force",
        "board_account",
        ["market_id"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )


def _create_payout() -> None:
    states = _state("requested", "approved", "sent", "paid", "held", "refused", "failed", "returned")
    op.create_table(
        "board_payout",
        sa.Column("id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("market_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("account_rests_until", _MOMENT, nullable=False),
        sa.Column("amount", _ID, nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("held_reason", sa.String(length=40), nullable=True),
        sa.Column("approved_at", _MOMENT, nullable=True),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("transfer_id", _ID, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_board_payout_amount")),
        sa.CheckConstraint("(state = 'held') = (held_reason IS NOT NULL)", name=op.f("ck_board_payout_held")),
        sa.CheckConstraint(
            "(state IN ('sent', 'paid', 'failed', 'returned')) = (sent_at IS NOT NULL)",
            name=op.f("ck_board_payout_sent"),
        ),
        sa.CheckConstraint("(sent_at IS NULL) = (transfer_id IS NULL)", name=op.f("ck_board_payout_transfer")),
        sa.CheckConstraint("sent_at IS NULL OR approved_at IS NOT NULL", name=op.f("ck_board_payout_approved")),
        sa.CheckConstraint("approved_at >= account_rests_until", name=op.f("ck_board_payout_approved_after_rest")),
        sa.CheckConstraint("sent_at >= account_rests_until", name=op.f("ck_board_payout_sent_after_rest")),
        sa.ForeignKeyConstraint(
            ["account_id", "market_id", "account_rests_until"],
            ["board_account.id", "board_account.market_id", "board_account.rests_until"],
            name="fk_board_payout_account",
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_board_payout_batch_id")),
        sa.ForeignKeyConstraint(["market_id"], ["market.id"], name=op.f("fk_board_payout_market_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["outgoing_transfer.id"], name=op.f("fk_board_payout_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_payout")),
        sa.UniqueConstraint("batch_id", "market_id", name=op.f("uq_board_payout_batch_id_market_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_board_payout_transfer_id")),
    )
    op.create_index(op.f("ix_board_payout_market_id_state"), "board_payout", ["market_id", "state"])
    op.create_index(op.f("ix_board_payout_state"), "board_payout", ["state"])


def _guard_postgresql() -> None:
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _ENTERED)
    op.execute(
        f"""
        CREATE FUNCTION board_account_is_entered_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND {same} THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'a payout account is entered once: % on %', TG_OP, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER board_account_entered_once BEFORE UPDATE OR DELETE ON board_account "
        "FOR EACH ROW EXECUTE FUNCTION board_account_is_entered_once()"
    )


def _guard_sqlite() -> None:
    columns = ", ".join(_ENTERED)
    for verb in (f"UPDATE OF {columns}", "DELETE"):
        op.execute(
            f"CREATE TRIGGER board_account_no_{verb.split()[0].lower()} BEFORE {verb} ON board_account "
            f"BEGIN SELECT RAISE(ABORT, 'a payout account is entered once'); END"
        )


def downgrade() -> None:
    for table in ("board_payout_line", "board_payout", "board_account"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION board_account_is_entered_once()")
