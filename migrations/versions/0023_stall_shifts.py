"""Number a stall's sales as their money is recognised, and close them shift by shift, for good.

Revision: 0023_stall_shifts; after: 0022_payout_account
"""

import sqlalchemy as sa
from alembic import op

revision = "0023_stall_shifts"
down_revision = "0022_payout_account"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: What is true of a row that a closing has taken; ``{row}`` is NEW or OLD.
_CLOSED = (
    "{row}.sequence IS NOT NULL AND {row}.sequence <= "
    "(SELECT COALESCE(MAX(last_sequence), 0) FROM stall_shift WHERE stall_id = {row}.stall_id)"
)
_WAS, _BECOMES = _CLOSED.format(row="OLD"), _CLOSED.format(row="NEW")
_SAME = " AND ".join(
    f"OLD.{column} IS NOT DISTINCT FROM NEW.{column}"
    for column in ("stall_id", "amount", "means", "state", "payment_id", "sold_at", "paid_at", "sequence")
)
_UNNUMBERED = "NEW.state = 'paid' AND NEW.sequence IS NULL"


def upgrade() -> None:
    op.add_column("stall", sa.Column("last_sequence", _ROW, nullable=False, server_default="0"))
    op.add_column("stall_sale", sa.Column("sequence", _ROW, nullable=True))
    op.create_table(
        "stall_shift",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("stall_id", _ROW, nullable=False),
        sa.Column("number", _ROW, nullable=False),
        sa.Column("first_sequence", _ROW, nullable=False),
        sa.Column("last_sequence", _ROW, nullable=True),
        sa.Column("opening_cash", _ROW, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", _ROW, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", _ROW, nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (last_sequence IS NULL)", name=op.f("ck_stall_shift_closed")),
        sa.CheckConstraint(
            "last_sequence IS NULL OR last_sequence >= first_sequence - 1", name=op.f("ck_stall_shift_span")
        ),
        sa.CheckConstraint("opening_cash BETWEEN 0 AND 1000000000", name=op.f("ck_stall_shift_opening_cash")),
        sa.ForeignKeyConstraint(["stall_id"], ["stall.id"], name=op.f("fk_stall_shift_stall_id")),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_stall_shift_opened_by")),
        sa.ForeignKeyConstraint(["closed_by"], ["user_account.id"], name=op.f("fk_stall_shift_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_shift")),
        sa.UniqueConstraint("stall_id", "number", name=op.f("uq_stall_shift_stall_id_number")),
    )
    op.create_table(
        "stall_shift_count",
        sa.Column("id", _ROW, nullable=False),
        sa.Column("shift_id", _ROW, nullable=False),
        sa.Column(
            "means",
            sa.Enum("qr", "cash", name="means", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("sales", _ROW, nullable=False),
        sa.Column("recorded", _ROW, nullable=False),
        sa.Column("expected", _ROW, nullable=False),
        sa.Column("found", _ROW, nullable=False),
        sa.Column("difference", _ROW, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint("difference = found - expected", name=op.f("ck_stall_shift_count_difference")),
        sa.CheckConstraint("difference = 0 OR length(reason) > 0", name=op.f("ck_stall_shift_count_reason")),
        sa.CheckConstraint(
            "sales >= 0 AND recorded >= 0 AND expected >= recorded AND found >= 0",
            name=op.f("ck_stall_shift_count_amounts"),
        ),
        sa.ForeignKeyConstraint(["shift_id"], ["stall_shift.id"], name=op.f("fk_stall_shift_count_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_shift_count")),
        sa.UniqueConstraint("shift_id", "means", name=op.f("uq_stall_shift_count_shift_id_means")),
    )
    _number_what_was_sold()
    op.create_index(op.f("ix_stall_sale_stall_id_sequence"), "stall_sale", ["stall_id", "sequence"], unique=True)
    op.create_index(
        "uq_stall_shift_open",
        "stall_shift",
        ["stall_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _number_what_was_sold() -> None:
    """Sales of before get numbers in the order of their money, and one open shift per stall holds them."""
    op.execute(
        "UPDATE stall_sale SET sequence = counted.place FROM (SELECT id, ROW_NUMBER() OVER "
        "(PARTITION BY stall_id ORDER BY paid_at, id) AS place FROM stall_sale WHERE state = 'paid') AS counted "
        "WHERE counted.id = stall_sale.id"
    )
    op.execute(
        "UPDATE stall SET last_sequence = "
        "(SELECT COALESCE(MAX(sequence), 0) FROM stall_sale WHERE stall_sale.stall_id = stall.id)"
    )
    op.execute(
        "INSERT INTO stall_shift (stall_id, number, first_sequence, opening_cash, opened_at) "
        "SELECT stall_id, 1, 1, 0, MIN(paid_at) FROM stall_sale WHERE state = 'paid' GROUP BY stall_id"
    )


def _guard_sqlite() -> None:
    guards = (
        ("sale_no_insert", "INSERT ON stall_sale", _BECOMES, "the shift of this sale is closed"),
        ("sale_no_delete", "DELETE ON stall_sale", _WAS, "the shift of this sale is closed"),
        (
            "sale_no_update",
            "UPDATE ON stall_sale",
            f"(({_WAS}) OR ({_BECOMES})) AND NOT ({_SAME})",
            "the shift of this sale is closed",
        ),
        ("sale_numbered_insert", "INSERT ON stall_sale", _UNNUMBERED, "a paid sale has a number"),
        ("sale_numbered_update", "UPDATE ON stall_sale", _UNNUMBERED, "a paid sale has a number"),
        ("shift_no_update", "UPDATE ON stall_shift", "OLD.closed_at IS NOT NULL", "the shift is closed"),
        ("shift_no_delete", "DELETE ON stall_shift", "OLD.closed_at IS NOT NULL", "the shift is closed"),
        ("count_no_update", "UPDATE ON stall_shift_count", "TRUE", "the shift is closed"),
        ("count_no_delete", "DELETE ON stall_shift_count", "TRUE", "the shift is closed"),
    )
    for name, verb, when, sentence in guards:
        op.execute(
            f"CREATE TRIGGER stall_{name} BEFORE {verb} FOR EACH ROW WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )


def _guard_postgresql() -> None:
    _postgresql_trigger(
        "stall_sale",
        "INSERT OR UPDATE OR DELETE",
        f"""
        IF TG_OP <> 'DELETE' THEN
            IF {_UNNUMBERED} THEN
                RAISE EXCEPTION 'a paid sale has a number' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            IF {_SAME} THEN RETURN NEW; END IF;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            IF {_WAS} THEN
                RAISE EXCEPTION 'the shift of this sale is closed' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        IF {_BECOMES} THEN
            RAISE EXCEPTION 'the shift of this sale is closed' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
        """,
    )
    _postgresql_trigger(
        "stall_shift",
        "UPDATE OR DELETE",
        """
        IF OLD.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'the shift is closed' USING ERRCODE = 'check_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
        """,
    )
    _postgresql_trigger(
        "stall_shift_count",
        "UPDATE OR DELETE",
        "RAISE EXCEPTION 'the shift is closed' USING ERRCODE = 'check_violation';",
    )


def _postgresql_trigger(table: str, verbs: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {table}_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    op.execute(
        f"CREATE TRIGGER {table}_closed BEFORE {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_is_closed()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("no_insert", "no_delete", "no_update", "numbered_insert", "numbered_update"):
            op.execute(f"DROP TRIGGER stall_sale_{name}")
    else:
        op.execute("DROP TRIGGER stall_sale_closed ON stall_sale")
    op.drop_index("uq_stall_shift_open", table_name="stall_shift")
    op.drop_index(op.f("ix_stall_sale_stall_id_sequence"), table_name="stall_sale")
    op.drop_table("stall_shift_count")
    op.drop_table("stall_shift")
    op.drop_column("stall_sale", "sequence")
    op.drop_column("stall", "last_sequence")
    if op.get_bind().dialect.name == "postgresql":
        for table in ("stall_sale", "stall_shift", "stall_shift_count"):
            op.execute(f"DROP FUNCTION {table}_is_closed()")
