"""Count changes of the shelf once per writer, so that their number is told at once however many there were.

Revision: 0047_shelf_writers; after: 0046_link_calls

Each connection of PostgreSQL counts in a row of its own, once per transaction: nobody waits for anybody, and a rolled-back
change was never counted. SQLite has one writer at a time and one row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0047_shelf_writers"
down_revision = "0046_link_calls"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BEFORE = "INSERT INTO shelf_change (id) VALUES (NULL)"
_NOW = (
    "INSERT INTO shelf_writer (id, changes) SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM shelf_writer WHERE id = 0); "
    "UPDATE shelf_writer SET changes = changes + 1 WHERE id = 0"
)
_FUNCTION = "CREATE OR REPLACE FUNCTION shelf_change_note() RETURNS trigger LANGUAGE plpgsql AS $$ {} $$"
_ONCE_PER_TRANSACTION = """
BEGIN
    IF current_setting('shelf.noted', true) IS DISTINCT FROM CAST(pg_current_xact_id() AS text) THEN
        PERFORM set_config('shelf.noted', CAST(pg_current_xact_id() AS text), true);
        INSERT INTO shelf_writer (id, changes) VALUES (pg_backend_pid(), 1)
            ON CONFLICT (id) DO UPDATE SET changes = shelf_writer.changes + 1;
    END IF;
    RETURN NULL;
END
"""


def upgrade() -> None:
    op.create_table(
        "shelf_writer",
        sa.Column("id", _ID, nullable=False),
        sa.Column("changes", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shelf_writer"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION.format(_ONCE_PER_TRANSACTION))
    else:
        _rewrite_triggers(_BEFORE, _NOW)
    op.drop_table("shelf_change")


def downgrade() -> None:
    op.create_table(
        "shelf_change", sa.Column("id", _ID, nullable=False), sa.PrimaryKeyConstraint("id", name="pk_shelf_change")
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION.format("BEGIN INSERT INTO shelf_change DEFAULT VALUES; RETURN NULL; END"))
    else:
        _rewrite_triggers(_NOW, _BEFORE)
    op.drop_table("shelf_writer")


def _rewrite_triggers(old: str, new: str) -> None:
    """Make every trigger that notes a change anew with another way to note it (SQLite)."""
    listed = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'shelf\\_change\\_%' ESCAPE '\\'"
    for name, written in op.get_bind().execute(sa.text(listed)).all():
        op.execute(f"DROP TRIGGER {name}")
        op.execute(written.replace(old, new))
