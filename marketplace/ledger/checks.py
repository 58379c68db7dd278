"""What the ledger promises about itself, whatever the rest of the house does."""

from collections.abc import Sequence

from marketplace.ledger.audit_checks import Check


def guards(name: str, promise: str, *, sqlite: Sequence[str], postgresql: Sequence[str]) -> Check:
    """A promise that triggers keep: those of these names exist (and on PostgreSQL are switched on)."""

    def names(wanted: Sequence[str]) -> str:
        return " UNION ALL ".join(f"SELECT '{name}' AS missing_trigger" for name in wanted)

    return Check(
        name,
        promise,
        f"SELECT * FROM ({names(postgresql)}) AS wanted WHERE missing_trigger NOT IN "
        "(SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D')",
        sqlite=f"SELECT * FROM ({names(sqlite)}) AS wanted WHERE missing_trigger NOT IN "
        "(SELECT name FROM sqlite_master WHERE type = 'trigger')",
    )


#: Entries and lines are read once, side by side; no line is without an entry (foreign key).
_UNBALANCED = (
    "SELECT odd.entry_id, e.kind, e.ref_type, e.ref_id, odd.lines, odd.total FROM (SELECT entry.id AS entry_id, "
    "COUNT(l.entry_id) AS lines, COALESCE(SUM(l.amount), 0) AS total FROM ledger_entry entry "
    "LEFT JOIN ledger_line l ON l.entry_id = entry.id GROUP BY entry.id "
    "HAVING COUNT(l.entry_id) < 2 OR SUM(l.amount) <> 0) AS odd JOIN ledger_entry e ON e.id = odd.entry_id"
)
_APPEND_ONLY = ("ledger_account", "ledger_entry", "ledger_line")

CHECKS = (
    Check(
        "I01",
        "every entry balances and has at least two lines",
        _UNBALANCED,
    ),
    Check(
        "I02",
        "lines are whole dong, never zero, bounded",
        "SELECT id AS line_id, amount FROM ledger_line WHERE amount = 0 OR ABS(amount) > 1000000000000",
        sqlite="SELECT id AS line_id, amount FROM ledger_line "
        "WHERE typeof(amount) <> 'integer' OR amount = 0 OR ABS(amount) > 1000000000000",
    ),
    Check(
        "I03",
        "the whole ledger sums to nothing",
        "SELECT SUM(amount) AS total FROM ledger_line HAVING SUM(amount) <> 0",
    ),
    Check(
        "I04",
        "a fact is posted once, and an entry is reversed once",
        "SELECT kind, ref_type, ref_id, COUNT(*) AS times FROM ledger_entry GROUP BY kind, ref_type, ref_id "
        "HAVING COUNT(*) > 1 UNION ALL SELECT 'reversal', 'ledger_entry', CAST(reverses_id AS VARCHAR), COUNT(*) "
        "FROM ledger_entry WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING COUNT(*) > 1",
    ),
    guards(
        "I05",
        "entries, lines and accounts cannot be changed or deleted",
        sqlite=[f"{table}_no_{verb}" for table in _APPEND_ONLY for verb in ("update", "delete")],
        postgresql=[f"{table}_{guard}" for table in _APPEND_ONLY for guard in ("append_only", "no_truncate")],
    ),
    Check(
        "I06",
        "money held for others is never overdrawn",
        " UNION ALL ".join(
            f"SELECT '{code}' AS code, SUM(amount) AS balance FROM ledger_line WHERE account_id = "
            f"(SELECT id FROM ledger_account WHERE code = '{code}') HAVING SUM(amount) > 0"
            for code in ("order\\:escrow", "payment\\:funding", "unapplied")
        ),
    ),
)
