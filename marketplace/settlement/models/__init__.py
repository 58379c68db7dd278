"""Statements of bank and gateway as they were told and how they differ from the books; payouts, two people each."""

from marketplace.settlement.models.payouts import (
    BatchState,
    BoardAccount,
    BoardPayout,
    BoardPayoutLine,
    Payout,
    PayoutBatch,
    PayoutLine,
    PayoutState,
)
from marketplace.settlement.models.statements import (
    GATEWAY,
    DifferenceKind,
    DifferenceState,
    LineSource,
    Outcome,
    ReconciliationRun,
    StatementDifference,
    StatementImport,
    StatementLine,
)

__all__ = [
    "GATEWAY",
    "BatchState",
    "BoardAccount",
    "BoardPayout",
    "BoardPayoutLine",
    "DifferenceKind",
    "DifferenceState",
    "LineSource",
    "Outcome",
    "Payout",
    "PayoutBatch",
    "PayoutLine",
    "PayoutState",
    "ReconciliationRun",
    "StatementDifference",
    "StatementImport",
    "StatementLine",
]
