"""Every difference from bank and gateway is looked after by somebody within a day (I30)."""

from marketplace.ledger.audit_checks import Check

CHECKS = (
    Check(
        "I30",
        "no open difference from bank or gateway is older than a day without an owner",
        "SELECT id AS difference_id, account, subject, kind, found_at FROM statement_difference "
        "WHERE state = 'open' AND owner_id IS NULL AND found_at < :ago_1day",
    ),
)
