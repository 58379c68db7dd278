"""Keep the accounts that were named for stalls: who named them, who verified them; those in use are taken over.

Revision: 0048_stall_accounts; after: 0047_shelf_writers
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0048_stall_accounts"
down_revision = "0047_shelf_writers"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_VERIFIED, _WAITING = sa.text("state = 'verified'"), sa.text("state = 'waiting'")
_ENTERED = ("stall_id", "bank_bin", "account_number", "holder", "is_taken_over", "changed_by_id", "changed_at")

#: What stalls are paid on now; then former accounts, to which codes had led.
_IN_USE = """
INSERT INTO stall_account (stall_id, bank_bin, account_number, holder, state, is_taken_over, changed_at, reason)
SELECT id, bank_bin, bank_account, SUBSTR(COALESCE(bank_holder, name), 1, 70), 'verified', TRUE, :now, ''
FROM stall WHERE bank_account IS NOT NULL
"""
_FORMER = """
INSERT INTO stall_account (stall_id, bank_bin, account_number, holder, state, is_taken_over, changed_at, reason)
SELECT asked.stall_id, asked.bank_bin, asked.account_number, SUBSTR(MIN(asked.holder), 1, 70), 'replaced', TRUE, :now, ''
FROM (
    SELECT s.stall_id, p.payee_bin AS bank_bin, p.payee_account AS account_number, COALESCE(p.payee_name, '') AS holder
    FROM stall_sale s JOIN payment p ON p.id = s.payment_id WHERE p.payee_bin IS NOT NULL
    UNION SELECT stall_id, bank_bin, bank_account, bank_holder FROM sale_code
) AS asked
JOIN stall t ON t.id = asked.stall_id
WHERE t.bank_account IS NULL OR t.bank_account <> asked.account_number OR t.bank_bin <> asked.bank_bin
GROUP BY asked.stall_id, asked.bank_bin, asked.account_number
"""


def upgrade() -> None:
    _create_table()
    now = datetime.now(UTC)
    for taken_over in (_FORMER, _IN_USE):
        op.execute(sa.text(taken_over).bindparams(sa.bindparam("now", now, type_=_MOMENT)))
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _create_table() -> None:
    states = ("waiting", "verified", "refused", "replaced")
    op.create_table(
        "stall_account",
        sa.Column("id", _ID, nullable=False),
        sa.Column("stall_id", _ID, nullable=False),
        sa.Column("bank_bin", sa.String(length=6), nullable=False),
        sa.Column("account_number", sa.String(length=19), nullable=False),
        sa.Column("holder", sa.String(length=70), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*states, name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("is_taken_over", sa.Boolean(), nullable=False),
        sa.Column("changed_by_id", _ID, nullable=True),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("decided_by_id", _ID, nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("decided_by_id <> changed_by_id", name=op.f("ck_stall_account_second_person")),
        sa.CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name=op.f("ck_stall_account_decided")),
        sa.CheckConstraint(
            "state <> 'verified' OR decided_at IS NOT NULL OR is_taken_over", name=op.f("ck_stall_account_verified")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR (decided_at IS NOT NULL AND length(reason) > 0)",
            name=op.f("ck_stall_account_refused"),
        ),
        sa.CheckConstraint("changed_by_id IS NOT NULL OR is_taken_over", name=op.f("ck_stall_account_changed_by")),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_stall_account_stall_id")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user_account.id"], name=op.f("fk_stall_account_changed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"], name=op.f("fk_stall_account_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_account")),
    )
    op.create_index(op.f("ix_stall_account_stall_id"), "stall_account", ["stall_id"])
    for name, where in (("in_force", _VERIFIED), ("waiting", _WAITING)):
        op.create_index(
            f"uq_stall_account_{name}",
            "stall_account",
            ["stall_id"],
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )


def _guard_postgresql() -> None:
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _ENTERED)
    op.execute(
        f"""
        CREATE FUNCTION stall_account_is_entered_once() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND {same} THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'an account of a stall is entered once: % on %', TG_OP, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER stall_account_entered_once BEFORE UPDATE OR DELETE ON stall_account "
        "FOR EACH ROW EXECUTE FUNCTION stall_account_is_entered_once()"
    )


def _guard_sqlite() -> None:
    columns = ", ".join(_ENTERED)
    for verb in (f"UPDATE OF {columns}", "DELETE"):
        op.execute(
            f"CREATE TRIGGER stall_account_no_{verb.split()[0].lower()} BEFORE {verb} ON stall_account "
            f"BEGIN SELECT RAISE(ABORT, 'an account of a stall is entered once'); END"
        )


def downgrade() -> None:
    """Accounts in force stand on the stalls; who named and verified them is lost."""
    op.drop_table("stall_account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION stall_account_is_entered_once()")
