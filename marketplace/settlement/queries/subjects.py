"""Under which name a line of a statement and a posting of the books meet."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Select, select

from marketplace.core.db import db
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Movement as Posting
from marketplace.payments.models import BankReceipt, BankReversal, OutgoingTransfer, Payment, Refund
from marketplace.settlement.models import GATEWAY, StatementLine

T = TypeVar("T")

#: How many names are asked for at once.
_PART = 500


@dataclass
class Names:
    """The names of everything that touches one day of one account."""

    account: str
    #: Fact of a posting -> name at the bank or gateway; of a reversal under its own key.
    facts: dict[tuple[str, str, bool], str] = field(default_factory=dict)
    #: Row id of a receipt -> its reference.
    receipts: dict[int, str] = field(default_factory=dict)
    #: Key of a line -> the name under which it is counted.
    lines: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, account: str, lines: list[StatementLine], postings: list[Posting]) -> "Names":
        """Look up whatever these lines and postings are about."""
        names = cls(account)
        ids = [line.receipt_id for line in lines if line.receipt_id is not None]
        rows = db.session.execute(select(BankReceipt.id, BankReceipt.bank_reference).where(BankReceipt.id.in_(ids)))
        names.receipts = {row.id: row.bank_reference for row in rows}
        names.lines = {line.key: names.of_line(line) for line in lines}
        names._learn(
            {name for line in lines for name in (names.of_line(line), line.reference, line.key)},
            {posting.ref_id for posting in postings},
        )
        names._pair_by_hand(lines, postings)
        return names

    def of_line(self, line: StatementLine) -> str:
        """The receipt's first reference where there is one, else the other side's name of the line."""
        return self.receipts.get(line.receipt_id or 0, line.reference)

    def of_posting(self, posting: Posting) -> str:
        """The other side's name of what was posted; ours where they never told one."""
        fact = (posting.ref_type, posting.ref_id, posting.is_reversal)
        if posting.kind == "receipt_returned":
            return self.facts.get((posting.kind, posting.ref_id, posting.is_reversal), f"returned-{posting.ref_id}")
        name = self.facts.get(fact, posting.ref_id)
        return self.lines.get(name, name)

    def with_lines_of_other_days(self, lines: list[StatementLine]) -> list[StatementLine]:
        """``lines`` and those under one of the names known here that stand on other days."""
        known = {line.id for line in lines}
        wanted = sorted({*self.facts.values(), *(self.of_line(line) for line in lines)})
        rows = _in_parts(
            wanted,
            lambda some: select(StatementLine).where(
                StatementLine.account == self.account,
                StatementLine.key.in_(some) | StatementLine.later_reference.in_(some),
            ),
        )
        others = [line for line in rows if line.id not in known]
        self.lines |= {line.key: self.of_line(line) for line in others}
        return lines + others

    def with_postings_of_other_days(self, postings: list[Posting]) -> list[Posting]:
        """``postings`` and those about the facts known here that were posted for other days."""
        facts = {(ref_type, ref_id) for ref_type, ref_id, _ in self.facts if ref_type != "receipt_returned"}
        facts |= {("bank_receipt", reference) for reference in self.receipts.values()}
        code = GATEWAY if self.account == GATEWAY else "bank:collecting"
        known = set(postings)
        return postings + [row for row in ledger.movements(code, facts=facts) if row not in known]

    def _learn(self, references: set[str], ref_ids: set[str]) -> None:
        if self.account == GATEWAY:
            self._learn_payments(references, ref_ids)
        else:
            receipts = _in_parts(
                sorted(references), lambda some: select(BankReceipt).where(BankReceipt.bank_reference.in_(some))
            )
            for receipt in receipts:
                self.facts["bank_receipt", receipt.bank_reference, False] = receipt.bank_reference
            self._learn_reversals(references, ref_ids)
            self._learn_transfers(references, ref_ids)
        self._learn_refunds(references, ref_ids)

    def _learn_payments(self, references: set[str], ref_ids: set[str]) -> None:
        rows = _in_parts(sorted(references), lambda some: select(Payment).where(Payment.gateway_id.in_(some)))
        rows += _in_parts(sorted(ref_ids), lambda some: select(Payment).where(Payment.public_id.in_(some)))
        for row in rows:
            self.facts["payment", row.public_id, False] = row.gateway_id or row.public_id

    def _learn_refunds(self, references: set[str], ref_ids: set[str]) -> None:
        rows = _in_parts(sorted(references), lambda some: select(Refund).where(Refund.gateway_id.in_(some)))
        rows += _in_parts(sorted(ref_ids), lambda some: select(Refund).where(Refund.public_id.in_(some)))
        for row in rows:
            for is_reversal in (False, True):
                self.facts["refund", row.public_id, is_reversal] = row.gateway_id or row.public_id

    def _learn_reversals(self, references: set[str], ref_ids: set[str]) -> None:
        """What the bank took back stands on its own line: that of the booking which took it back."""
        joined = select(BankReversal, BankReceipt.bank_reference).join(
            BankReceipt, BankReversal.receipt_id == BankReceipt.id
        )
        for column, names in ((BankReversal.bank_reference, references), (BankReceipt.bank_reference, ref_ids)):
            wanted = sorted(names)
            for start in range(0, len(wanted), _PART):
                some = column.in_(wanted[start : start + _PART])
                for reversal, receipt_reference in db.session.execute(joined.where(some)):
                    self.facts["bank_receipt", receipt_reference, True] = reversal.bank_reference

    def _learn_transfers(self, references: set[str], ref_ids: set[str]) -> None:
        rows = _in_parts(
            sorted(references),
            lambda some: select(OutgoingTransfer).where(
                OutgoingTransfer.bank_reference.in_(some) | OutgoingTransfer.return_reference.in_(some)
            ),
        )
        rows += _in_parts(
            sorted(ref_ids), lambda some: select(OutgoingTransfer).where(OutgoingTransfer.public_id.in_(some))
        )
        for row in rows:
            self.facts["outgoing_transfer", row.public_id, False] = row.bank_reference or row.public_id
            back = row.return_reference or f"{row.bank_reference or row.public_id}-back"
            self.facts["outgoing_transfer", row.public_id, True] = back

    def _pair_by_hand(self, lines: Iterable[StatementLine], postings: Iterable[Posting]) -> None:
        """Money that a person noted as sent back has no reference: its line names the receipt in the memo."""
        left = [line for line in lines if line.amount < 0]
        for posting in postings:
            if posting.kind != "receipt_returned":
                continue
            for line in left:
                if line.amount == posting.amount and posting.ref_id in line.memo:
                    self.facts[posting.kind, posting.ref_id, posting.is_reversal] = self.of_line(line)
                    left.remove(line)
                    break


def _in_parts(wanted: list[str], make: Callable[[list[str]], Select[T]]) -> list[T]:
    found: list[T] = []
    for start in range(0, len(wanted), _PART):
        found += db.session.scalars(make(wanted[start : start + _PART]))
    return found
