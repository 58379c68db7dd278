"""What the ledger promises about itself, whatever the rest of the house does."""

from marketplace.ledger.audit_checks import Check

_GUARDED = ("ledger_account", "ledger_entry", "ledger_line")


def _missing_guards() -> Check:
    """The append-only triggers exist (and on PostgreSQL are switched on)."""
    on_sqlite = [f"{table}_no_{verb}" for table in _GUARDED for verb in ("update", "delete")]
    on_postgresql = [f"{table}_append_only" for table in _GUARDED]

    def names(wanted: list[str]) -> str:
        return " UNION ALL ".join(f"SELECT '{name}' AS missing_trigger" for name in wanted)

    return Check(
        "I05",
        "entries, lines and accounts cannot be changed or deleted",
        f"SELECT * FROM ({names(on_postgresql)}) AS wanted WHERE missing_trigger NOT IN "  # noqa: S608
        "(SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D')",
        sqlite=f"SELECT * FROM ({names(on_sqlite)}) AS wanted WHERE missing_trigger NOT IN "  # noqa: S608
        "(SELECT name FROM sqlite_master WHERE type = 'trigger')",
    )


CHECKS = (
    Check(
        "I01",
        "every entry balances and has at least two lines",
        "SELECT e.id AS entry_id, e.kind, e.ref_type, e.ref_id, COUNT(l.id) AS lines, SUM(l.amount) AS total "
        "FROM ledger_entry e LEFT JOIN ledger_line l ON l.entry_id = e.id GROUP BY e.id, e.kind, e.ref_type, e.ref_id "
        "HAVING COUNT(l.id) < 2 OR SUM(l.amount) <> 0",
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
    _missing_guards(),
    Check(
        "I06",
        "money held for others is never overdrawn",
        "SELECT a.code, SUM(l.amount) AS balance FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id "
        "WHERE a.code IN ('order:escrow', 'payment:funding', 'unapplied') GROUP BY a.code HAVING SUM(l.amount) > 0",
    ),
)
