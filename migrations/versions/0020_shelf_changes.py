"""Let the database note every change of what the shop shows.

Revision: 0020_shelf_changes; after: 0019_programme

Rows are only added: nobody waits for anybody. A lot counts only when its goods appear, run out or change, not with
every pack that is promised.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_shelf_changes"
down_revision = "0019_programme"
branch_labels = None
depends_on = None

_WHOLE = (
    "product",
    "pack",
    "product_photo",
    "trace_link",
    "link_check",
    "certificate",
    "ocop_product",
    "producer",
    "admin_unit",
)
_VERBS = ("insert", "update", "delete")
_LOT_FACTS = ("pack_id", "product_id", "code", "trace_code", "made_on", "expires_on", "state", "planting_area_code")


def upgrade() -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "shelf_change", sa.Column("id", row_id, nullable=False), sa.PrimaryKeyConstraint("id", name="pk_shelf_change")
    )
    if op.get_bind().dialect.name == "postgresql":
        _upgrade_postgresql()
    else:
        _upgrade_sqlite()


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in (*_WHOLE, "lot"):
        for verb in _VERBS:
            op.execute(f"DROP TRIGGER shelf_change_{table}_{verb}" + (f" ON {table}" if is_postgresql else ""))
    if is_postgresql:
        op.execute("DROP FUNCTION shelf_change_note()")
    op.drop_table("shelf_change")


def _upgrade_sqlite() -> None:
    note = "INSERT INTO shelf_change (id) VALUES (NULL)"
    for table in _WHOLE:
        for verb in _VERBS:
            op.execute(f"CREATE TRIGGER shelf_change_{table}_{verb} AFTER {verb} ON {table} BEGIN {note}; END")
    for verb in ("insert", "delete"):
        op.execute(f"CREATE TRIGGER shelf_change_lot_{verb} AFTER {verb} ON lot BEGIN {note}; END")
    other = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _LOT_FACTS)
    op.execute(
        f"CREATE TRIGGER shelf_change_lot_update AFTER UPDATE ON lot WHEN {other} "
        f"OR (old.on_hand > old.reserved) <> (new.on_hand > new.reserved) BEGIN {note}; END"
    )


def _upgrade_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION shelf_change_note() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN INSERT INTO shelf_change DEFAULT VALUES; RETURN NULL; END $$"
    )
    call = "EXECUTE FUNCTION shelf_change_note()"
    for table in _WHOLE:
        for verb in _VERBS:
            op.execute(f"CREATE TRIGGER shelf_change_{table}_{verb} AFTER {verb} ON {table} FOR EACH STATEMENT {call}")
    for verb in ("insert", "delete"):
        op.execute(f"CREATE TRIGGER shelf_change_lot_{verb} AFTER {verb} ON lot FOR EACH STATEMENT {call}")
    other = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _LOT_FACTS)
    op.execute(
        f"CREATE TRIGGER shelf_change_lot_update AFTER UPDATE ON lot FOR EACH ROW WHEN ({other} "
        f"OR (OLD.on_hand > OLD.reserved) <> (NEW.on_hand > NEW.reserved)) {call}"
    )
