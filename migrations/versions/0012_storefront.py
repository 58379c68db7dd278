"""Create the index that the shop's search reads, kept by the database itself.

Revision: 0012_storefront; after: 0011_trace

Three texts of a product: its name with marks (as typed), its name folded, and what stands around it folded
(producer, commune, province). FTS5 on SQLite, tsvector on PostgreSQL; both without any further extension.
"""

from alembic import op

revision = "0012_storefront"
down_revision = "0011_trace"
branch_labels = None
depends_on = None

_AROUND = """
    SELECT producer.name_fold || ' ' || commune.name_fold || ' ' || COALESCE(province.name_fold, '')
    FROM producer
    JOIN admin_unit AS commune ON commune.id = {row}.origin_commune_id
    LEFT JOIN admin_unit AS province ON province.id = commune.parent_id
    WHERE producer.id = {row}.producer_id
"""

_SQLITE_ROW = "{row}.id, {row}.name_search, {row}.name_fold, (" + _AROUND + ")"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _upgrade_postgresql()
    else:
        _upgrade_sqlite()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER product_search_place ON admin_unit")
        op.execute("DROP TRIGGER product_search_producer ON producer")
        op.execute("DROP TRIGGER product_search_product ON product")
        op.execute("DROP FUNCTION product_search_refresh_place()")
        op.execute("DROP FUNCTION product_search_refresh_producer()")
        op.execute("DROP FUNCTION product_search_refresh_product()")
        op.execute("DROP FUNCTION product_search_write(product)")
    else:
        for name in ("insert", "update", "delete", "producer", "place"):
            op.execute(f"DROP TRIGGER product_search_{name}")
    op.execute("DROP TABLE product_search")


def _upgrade_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE product_search USING fts5("
        "marked, name, around, tokenize = \"unicode61 remove_diacritics 0\", prefix = '2 3')"
    )
    columns = "product_search (rowid, marked, name, around)"
    new = _SQLITE_ROW.format(row="new")
    op.execute(
        f"CREATE TRIGGER product_search_insert AFTER INSERT ON product BEGIN INSERT INTO {columns} SELECT {new}; END"
    )
    op.execute(
        "CREATE TRIGGER product_search_update "
        "AFTER UPDATE OF name_search, name_fold, producer_id, origin_commune_id ON product BEGIN "
        f"DELETE FROM product_search WHERE rowid = old.id; INSERT INTO {columns} SELECT {new}; END"
    )
    op.execute(
        "CREATE TRIGGER product_search_delete AFTER DELETE ON product BEGIN "
        "DELETE FROM product_search WHERE rowid = old.id; END"
    )
    again = f"SELECT {_SQLITE_ROW.format(row='product')} FROM product WHERE "
    of_place = (
        "product.origin_commune_id IN (SELECT id FROM admin_unit WHERE admin_unit.id = new.id "
        "OR admin_unit.parent_id = new.id)"
    )
    for name, table, which in (
        ("producer", "producer", "product.producer_id = new.id"),
        ("place", "admin_unit", of_place),
    ):
        op.execute(
            f"CREATE TRIGGER product_search_{name} AFTER UPDATE OF name_fold ON {table} "
            f"WHEN old.name_fold <> new.name_fold BEGIN "
            f"DELETE FROM product_search WHERE rowid IN (SELECT product.id FROM product WHERE {which}); "
            f"INSERT INTO {columns} {again} {which}; END"
        )
    op.execute(f"INSERT INTO {columns} {again} 1")


def _upgrade_postgresql() -> None:
    op.execute(
        "CREATE TABLE product_search (product_id bigint PRIMARY KEY REFERENCES product (id) ON DELETE CASCADE, "
        "marked tsvector NOT NULL, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX product_search_marked ON product_search USING gin (marked)")
    op.execute("CREATE INDEX product_search_words ON product_search USING gin (words)")
    around = _AROUND.format(row="item")
    op.execute(
        "CREATE FUNCTION product_search_write(item product) RETURNS void LANGUAGE sql AS $$ "
        "INSERT INTO product_search (product_id, marked, words) VALUES (item.id, "
        "to_tsvector('simple', item.name_search), "
        "setweight(to_tsvector('simple', item.name_fold), 'A') || "
        f"setweight(to_tsvector('simple', COALESCE(({around}), '')), 'D')) "
        "ON CONFLICT (product_id) DO UPDATE SET marked = EXCLUDED.marked, words = EXCLUDED.words $$"
    )
    for name, which in (
        ("producer", "producer_id = NEW.id"),
        (
            "place",
            "origin_commune_id IN (SELECT id FROM admin_unit WHERE admin_unit.id = NEW.id "
            "OR admin_unit.parent_id = NEW.id)",
        ),
    ):
        op.execute(
            f"CREATE FUNCTION product_search_refresh_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"PERFORM product_search_write(product) FROM product WHERE {which}; RETURN NULL; END $$"
        )
    op.execute(
        "CREATE FUNCTION product_search_refresh_product() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM product_search_write(NEW); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER product_search_product "
        "AFTER INSERT OR UPDATE OF name_search, name_fold, producer_id, origin_commune_id ON product "
        "FOR EACH ROW EXECUTE FUNCTION product_search_refresh_product()"
    )
    for name, table in (("producer", "producer"), ("place", "admin_unit")):
        op.execute(
            f"CREATE TRIGGER product_search_{name} AFTER UPDATE OF name_fold ON {table} FOR EACH ROW "
            f"WHEN (OLD.name_fold IS DISTINCT FROM NEW.name_fold) "
            f"EXECUTE FUNCTION product_search_refresh_{name}()"
        )
    op.execute("SELECT product_search_write(product) FROM product")
