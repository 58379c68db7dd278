"""Create the accounts that producers' money goes to: what was entered never changes, 48 hours lie before their use.

Revision: 0022_payout_account; after: 0021_earnings
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_payout_account"
down_revision = "0021_earnings"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_IN_FORCE = sa.text("state <> 'replaced'")
_ENTERED = ("producer_id", "bank_bin", "account_number", "holder", "changed_by_id", "changed_at", "rests_until")
#: 48 hours in whole seconds: the two moments have the same fraction.
_REST = {
    "postgresql": "rests_until >= changed_at + interval '48 hours'",
    "sqlite": "strftime('%s', rests_until) - strftime('%s', changed_at) >= 172800",
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    state = sa.Enum(
        "waiting",
        "verified",
        "refused",
        "replaced",
        name="state",
        native_enum=False,
        create_constraint=True,
        length=32,
    )
    op.create_table(
        "payout_account",
        sa.Column("id", _ID, nullable=False),
        sa.Column("producer_id", _ID, nullable=False),
        sa.Column("bank_bin", sa.String(length=6), nullable=False),
        sa.Column("account_number", sa.String(length=19), nullable=False),
        sa.Column("holder", sa.String(length=70), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("changed_by_id", _ID, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", _ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("decided_by_id <> changed_by_id", name=op.f("ck_payout_account_second_person")),
        sa.CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name=op.f("ck_payout_account_decided")),
        sa.CheckConstraint(
            "state NOT IN ('verified', 'refused') OR decided_at IS NOT NULL", name=op.f("ck_payout_account_decision")
        ),
        sa.CheckConstraint(_REST[dialect], name=op.f("ck_payout_account_rest")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_payout_account_producer_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user_account.id"], name=op.f("fk_payout_account_changed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_payout_account_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_account")),
        sa.UniqueConstraint(
            "id", "producer_id", "rests_until", name=op.f("uq_payout_account_id_producer_id_rests_until")
        ),
    )
    op.create_index(op.f("ix_payout_account_producer_id"), "payout_account", ["producer_id"], unique=False)
    op.create_index(
        "uq_payout_account_in_force",
        "payout_account",
        ["producer_id"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )
    if dialect == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_postgresql() -> None:
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _ENTERED)
    op.execute(
        f"""
        CREATE FUNCTION payout_account_is_entered_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND {same} THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'a payout account is entered once: % on %', TG_OP, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER payout_account_entered_once BEFORE UPDATE OR DELETE ON payout_account "
        "FOR EACH ROW EXECUTE FUNCTION payout_account_is_entered_once()"
    )


def _guard_sqlite() -> None:
    columns = ", ".join(_ENTERED)
    for verb in (f"UPDATE OF {columns}", "DELETE"):
        op.execute(
            f"CREATE TRIGGER payout_account_no_{verb.split()[0].lower()} BEFORE {verb} ON payout_account "
            f"BEGIN SELECT RAISE(ABORT, 'a payout account is entered once'); END"
        )


def downgrade() -> None:
    op.drop_index("uq_payout_account_in_force", table_name="payout_account")
    op.drop_index(op.f("ix_payout_account_producer_id"), table_name="payout_account")
    op.drop_table("payout_account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION payout_account_is_entered_once()")
