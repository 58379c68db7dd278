"""Keep what each parcel earned, under which fee and tax rates, and when it was delivered.

The rates of Decree 117/2025/NĐ-CP are inserted as facts; a fee rule is nobody's but the operator's, so there is none.
What was settled and given back before has earned its whole amount: no fee, no tax was taken then.

Revision: 0021_earnings; after: 0020_shelf_changes
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0021_earnings"
down_revision = "0020_shelf_changes"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("cooperative", "cooperative_group", "company", "household_business", "craft_village_or_farm")
GROUPS = ("food", "drink", "herbal", "handicraft", "ornamental", "tourism")
GUARDED = ("fee_rule", "tax_rate", "earning", "earning_part")

LAW = (
    "Nghị định 117/2025/NĐ-CP ngày 09/6/2025, hiệu lực từ 01/7/2025: sàn có chức năng thanh toán khấu trừ thuế thay hộ "
    "kinh doanh cư trú; hàng hóa GTGT 1%, TNCN 0,5%; vận tải, dịch vụ gắn với hàng hóa GTGT 3%, TNCN 1,5%"
)


def upgrade() -> None:
    op.add_column("sub_order", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE sub_order SET delivered_at = (SELECT MAX(e.at) FROM order_event e "
        "WHERE e.sub_order_id = sub_order.id AND e.to_state = 'delivered') WHERE state = 'delivered'"
    )
    _create_rules()
    _create_earnings()
    _insert_law()
    _insert_what_was_earned_before()
    _freeze()


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _create_rules() -> None:
    op.create_table(
        "fee_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("producer_kind", _choice("producer_kind", *KINDS), nullable=True),
        sa.Column("product_group", _choice("product_group", *GROUPS), nullable=True),
        sa.Column("basis_points", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_by_id", ID, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 5000", name=op.f("ck_fee_rule_basis_points")),
        sa.ForeignKeyConstraint(["added_by_id"], ["user_account.id"], name=op.f("fk_fee_rule_added_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_rule")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("id", ID, nullable=False),
        sa.Column("producer_kind", _choice("producer_kind", *KINDS), nullable=False),
        sa.Column("tax", _choice("tax", "vat", "pit"), nullable=False),
        sa.Column("supplied", _choice("supplied", "goods", "delivery"), nullable=False),
        sa.Column("basis_points", ID, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.CheckConstraint("basis_points BETWEEN 0 AND 10000", name=op.f("ck_tax_rate_basis_points")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint(
            "producer_kind",
            "tax",
            "supplied",
            "valid_from",
            name=op.f("uq_tax_rate_producer_kind_tax_supplied_valid_from"),
        ),
    )


def _create_earnings() -> None:
    op.create_table(
        "earning",
        sa.Column("id", ID, nullable=False),
        sa.Column("sub_order_id", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=False),
        sa.Column("refund_id", ID, nullable=True),
        sa.Column("restores_id", ID, nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, ID, nullable=False) for name in ("gross", "fee", "vat", "pit", "net")),
        sa.CheckConstraint("net = gross - fee - vat - pit", name=op.f("ck_earning_net")),
        sa.CheckConstraint(
            "gross <> 0 AND (gross < 0) = (refund_id IS NOT NULL AND restores_id IS NULL)",
            name=op.f("ck_earning_gross"),
        ),
        sa.CheckConstraint("restores_id IS NULL OR refund_id IS NOT NULL", name=op.f("ck_earning_restores")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_earning_payment_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_earning_refund_id")),
        sa.ForeignKeyConstraint(["restores_id"], ["earning.id"], name=op.f("fk_earning_restores_id")),
        sa.ForeignKeyConstraint(["sub_order_id"], ["sub_order.id"], name=op.f("fk_earning_sub_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning")),
        sa.UniqueConstraint("restores_id", name=op.f("uq_earning_restores_id")),
    )
    op.create_index(op.f("ix_earning_sub_order_id"), "earning", ["sub_order_id"])
    op.create_index(op.f("ix_earning_occurred_at"), "earning", ["occurred_at"])
    _unique_where("uq_earning_settled", ["payment_id", "sub_order_id"], "refund_id IS NULL")
    _unique_where("uq_earning_refunded", ["refund_id", "sub_order_id"], "restores_id IS NULL")
    op.create_table(
        "earning_part",
        sa.Column("id", ID, nullable=False),
        sa.Column("earning_id", ID, nullable=False),
        sa.Column("order_line_id", ID, nullable=True),
        sa.Column("amount", ID, nullable=False),
        sa.Column("fee_basis_points", ID, nullable=False),
        sa.Column("vat_basis_points", ID, nullable=False),
        sa.Column("pit_basis_points", ID, nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_earning_part_amount")),
        sa.ForeignKeyConstraint(["earning_id"], ["earning.id"], name=op.f("fk_earning_part_earning_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_earning_part_order_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earning_part")),
    )
    op.create_index(op.f("ix_earning_part_earning_id"), "earning_part", ["earning_id"])


def _unique_where(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "earning", columns, unique=True, sqlite_where=where, postgresql_where=where)


def _insert_law() -> None:
    table = sa.table(
        "tax_rate",
        *(sa.column(name) for name in ("producer_kind", "tax", "supplied", "basis_points", "law")),
        sa.column("valid_from", sa.Date()),
    )
    rates = (("vat", "goods", 100), ("pit", "goods", 50), ("vat", "delivery", 300), ("pit", "delivery", 150))
    op.bulk_insert(
        table,
        [
            {
                "producer_kind": "household_business",
                "tax": tax,
                "supplied": supplied,
                "basis_points": basis_points,
                "valid_from": date(2025, 7, 1),
                "law": LAW,
            }
            for tax, supplied, basis_points in rates
        ],
    )


def _insert_what_was_earned_before() -> None:
    op.execute(
        "INSERT INTO earning (sub_order_id, payment_id, occurred_at, gross, fee, vat, pit, net) "
        "SELECT s.sub_order_id, p.id, p.settled_at, s.amount, 0, 0, 0, s.amount FROM payment_share s "
        "JOIN payment p ON p.id = s.payment_id "
        "WHERE p.state = 'settled' AND p.held_account = 'order:escrow' AND s.amount > 0 ORDER BY s.id"
    )
    op.execute(
        "INSERT INTO earning_part (earning_id, order_line_id, amount, fee_basis_points, vat_basis_points, "
        "pit_basis_points) SELECT e.id, l.id, l.line_total, 0, 0, 0 FROM earning e "
        "JOIN order_line l ON l.sub_order_id = e.sub_order_id "
        "UNION ALL SELECT e.id, NULL, s.delivery_fee, 0, 0, 0 FROM earning e "
        "JOIN sub_order s ON s.id = e.sub_order_id WHERE s.delivery_fee > 0"
    )
    op.execute(
        "INSERT INTO earning (sub_order_id, payment_id, refund_id, occurred_at, gross, fee, vat, pit, net) "
        "SELECT rl.sub_order_id, r.payment_id, r.id, r.succeeded_at, -SUM(rl.amount), 0, 0, 0, -SUM(rl.amount) "
        "FROM refund_line rl JOIN refund r ON r.id = rl.refund_id WHERE r.state = 'succeeded' "
        "GROUP BY rl.sub_order_id, r.payment_id, r.id, r.succeeded_at"
    )


def _freeze() -> None:
    """Rules and earnings are added, never changed, whoever writes."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION earnings_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'rows of % are only added: %', TG_TABLE_NAME, TG_OP; END $$
            """
        )
        for table in GUARDED:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION earnings_are_append_only()"
            )
        return
    for table in GUARDED:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only added: {verb}'); END"
            )


def downgrade() -> None:
    for table in ("earning_part", "earning", "tax_rate", "fee_rule"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION earnings_are_append_only()")
    op.drop_column("sub_order", "delivered_at")
