"""The chart of accounts: which codes exist and on which side they stand. A code that fits nothing is a mistake."""

import re
from typing import Final

from marketplace.ledger.models import AccountKind

#: Patterns of codes, each with its kind and what the account says.
CHART: Final = (
    (r"gateway:[a-z]+", AccountKind.ASSET, "money that the payment gateway holds for us"),
    (r"bank:[a-z]+", AccountKind.ASSET, "money on a bank account of ours"),
    (r"cod:receivable", AccountKind.ASSET, "cash that was taken at the door and is still to be handed over"),
    (r"unapplied", AccountKind.LIABILITY, "money received that pays for nothing yet: owed back or to be matched"),
    (r"payment:funding", AccountKind.LIABILITY, "transfers matched to payments that are not yet paid in full"),
    (r"order:escrow", AccountKind.LIABILITY, "paid by buyers, not yet due to producers"),
    (r"producer:[0-9]+:payable", AccountKind.LIABILITY, "owed to a producer"),
    (r"producer:[0-9]+:transit", AccountKind.LIABILITY, "on its way to a producer"),
    (
        r"refund:transit",
        AccountKind.LIABILITY,
        "passed through by refunds that a transfer carries: zero at every commit",
    ),
    (r"tax:[a-z_]+", AccountKind.LIABILITY, "withheld for the tax office"),
    (r"platform:fee", AccountKind.INCOME, "what the platform keeps of a sale"),
    (r"platform:cost", AccountKind.EXPENSE, "what the platform pays, such as gateway fees"),
    (
        r"market:[0-9]+:payable",
        AccountKind.LIABILITY,
        "market fees by transfer, owed to the market's board",
    ),
    (r"market:[0-9]+:transit", AccountKind.LIABILITY, "on its way to a market's board"),
    (r"market:[0-9]+:cash", AccountKind.MEMO, "learned of: market fees that the board took in cash"),
    (r"market:[0-9]+:fees", AccountKind.MEMO, "learned of: the other side of the fees taken in cash"),
    (r"stall:[0-9]+:own_bank", AccountKind.MEMO, "learned of: transfers to a trader's own account"),
    (r"stall:[0-9]+:cash", AccountKind.MEMO, "learned of: cash that a trader took"),
    (r"stall:[0-9]+:sales", AccountKind.MEMO, "learned of: sales of a trader, the other side of the two above"),
    (r"stall:[0-9]+:difference", AccountKind.MEMO, "learned of: what a trader found more or less than was recorded"),
)


def kind_of(code: str) -> AccountKind:
    """The kind of the account ``code``; raises ``ValueError`` for a code that the chart does not know."""
    for pattern, kind, _meaning in CHART:
        if re.fullmatch(pattern, code, re.ASCII):
            return kind
    raise ValueError(f"the chart of accounts does not know {code!r}")
