"""A producer's statement and the tax list as rows for CSV and XLSX, and the one source of what the columns mean."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core import clock
from marketplace.core.sheets import Cell, Sheet, as_csv, as_xlsx
from marketplace.settlement.queries.producer_statements import ProducerStatement, Row, RowKind
from marketplace.settlement.queries.taxes import LAW, TaxList, TaxRow

ROWS = {
    RowKind.SALE: _l("Sale"),
    RowKind.SALE_UNDONE: _l("Payment that the bank took back"),
    RowKind.REFUND: _l("Refund to the buyer"),
    RowKind.REFUND_UNDONE: _l("Refund that failed"),
    RowKind.PAYOUT: _l("Payout to you"),
    RowKind.PAYOUT_FREED: _l("Payout that came back"),
    RowKind.OTHER: _l("Other posting"),
}

#: Heading and meaning of each column of a statement.
STATEMENT_COLUMNS = (
    (_l("Time"), _l("When the money moved by bank or gateway, on Vietnam's clock; a payout when it was approved.")),
    (_l("What happened"), _l("Sale, refund, payout, or a payout that came back.")),
    (_l("Order or payout"), _l("The number of the order, or of the payout.")),
    (_l("Gross"), _l("What the buyer paid for goods and delivery; a refund is negative.")),
    (_l("Platform fee"), _l("What the platform keeps of the price of the goods, by the rule of the day of the sale.")),
    (_l("VAT"), _l("Value added tax that the platform withholds from household businesses and hands over.")),
    (_l("PIT"), _l("Personal income tax that the platform withholds from household businesses and hands over.")),
    (_l("Net"), _l("Gross less fee, VAT and PIT: by so much the platform owes you more or less.")),
    (_l("Balance"), _l("What the platform owes you after this row; negative when refunds were more than sales.")),
)

#: Heading and meaning of each column of the tax list.
TAX_COLUMNS = (
    (_l("Household business"), _l("Name as it was registered here.")),
    (_l("Tax code"), _l("As it was registered; “missing” has to be asked for before the return is sent.")),
    (_l("Gross sales"), _l("What buyers paid in this month, delivery included.")),
    (_l("VAT withheld"), _l("Value added tax withheld from these sales.")),
    (_l("PIT withheld"), _l("Personal income tax withheld from these sales.")),
    (_l("Refunded"), _l("Gross that went back to buyers in this month, whenever the sale was.")),
    (_l("VAT given back"), _l("Value added tax offset for these refunds.")),
    (_l("PIT given back"), _l("Personal income tax offset for these refunds.")),
    (_l("VAT to hand over"), _l("VAT withheld less VAT given back.")),
    (_l("PIT to hand over"), _l("PIT withheld less PIT given back.")),
)
_TAX_TOTALS = ("gross", "vat", "pit", "gross_back", "vat_back", "pit_back", "vat_due", "pit_due")


def statement_csv(statement: ProducerStatement) -> bytes:
    """The statement as CSV."""
    return as_csv(_statement_rows(statement))


def statement_xlsx(statement: ProducerStatement) -> bytes:
    """The statement as a workbook; the second page says what each column means."""
    rows = _statement_rows(statement)
    head = len(_statement_head(statement))
    page = Sheet(_month(statement), rows, frozenset({head, len(rows) - 1}), (18, 26, 16, 16, 14, 14, 14, 16, 16))
    return as_xlsx([page, _meanings(STATEMENT_COLUMNS)], created=statement.end)


def tax_xlsx(taxes: TaxList) -> bytes:
    """The monthly tax list as a workbook; the second page says what each column means."""
    rows = _tax_rows(taxes)
    head = len(_tax_head(taxes))
    bold = frozenset({head, head + len(taxes.rows) + 1})
    page = Sheet(_month(taxes), rows, bold, (36, 18, 16, 16, 16, 16, 16, 16, 16, 16))
    return as_xlsx([page, _meanings(TAX_COLUMNS)], created=taxes.end)


def _statement_rows(statement: ProducerStatement) -> list[list[Cell]]:
    totals = [statement.total(name) for name in ("gross", "fee", "vat", "pit", "net")]
    return [
        *_statement_head(statement),
        [str(heading) for heading, _meaning in STATEMENT_COLUMNS],
        ["", _("Opening balance"), "", None, None, None, None, None, statement.opening],
        *(_statement_line(row) for row in statement.rows),
        ["", _("Closing balance"), "", *totals, statement.closing],
    ]


def _statement_head(statement: ProducerStatement) -> list[list[Cell]]:
    return [
        [_("Producer"), statement.producer.name],
        [_("Tax code"), statement.producer.tax_code or _("missing")],
        [_("Month"), _month(statement)],
        [_("Unit"), "VND"],
        [_("Note"), _("Simulated data: payments run against a sandbox, no real money.")],
        [],
    ]


def _statement_line(row: Row) -> list[Cell]:
    about = row.order_number or ("" if row.payout_id is None else str(row.payout_id))
    moment = f"{clock.local(row.at):%d/%m/%Y %H:%M}"
    return [moment, str(ROWS[row.kind]), about, row.gross, row.fee, row.vat, row.pit, row.net, row.balance]


def _tax_rows(taxes: TaxList) -> list[list[Cell]]:
    return [
        *_tax_head(taxes),
        [str(heading) for heading, _meaning in TAX_COLUMNS],
        *(_tax_line(row) for row in taxes.rows),
        [_("Together"), "", *(taxes.total(name) for name in _TAX_TOTALS)],
        [_("By the ledger"), "", *[None] * 6, taxes.booked_vat, taxes.booked_pit],
    ]


def _tax_head(taxes: TaxList) -> list[list[Cell]]:
    return [
        [_("Taxes withheld from household businesses")],
        [_("Month"), _month(taxes)],
        [_("Law"), LAW],
        [_("Unit"), "VND"],
        [_("Note"), _("Simulated data: payments run against a sandbox, no real money.")],
        [],
    ]


def _tax_line(row: TaxRow) -> list[Cell]:
    code = row.producer.tax_code or _("missing")
    return [row.producer.name, code, *(getattr(row, name) for name in _TAX_TOTALS)]


def _meanings(columns: tuple[tuple[object, object], ...]) -> Sheet:
    rows: list[list[Cell]] = [[_("Column"), _("Meaning")]]
    rows += [[str(heading), str(meaning)] for heading, meaning in columns]
    return Sheet(_("Meaning"), rows, frozenset({0}), (28, 100))


def _month(what: ProducerStatement | TaxList) -> str:
    return f"{what.year:04d}-{what.month:02d}"
