"""Payments on every rail, what gateway and bank told us, and refunds. Knows neither orders nor sales."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.cardnumbers import suspects_index
from marketplace.core.db import Base, enum_column
from marketplace.core.money import Dong


class Rail(StrEnum):
    """The way money travels."""

    CARD = "card"
    VIETQR = "vietqr"
    CASH_ON_DELIVERY = "cash_on_delivery"


class Purpose(StrEnum):
    """What is paid for; the room that owns the purpose hears of the settlement (payments.purposes)."""

    ORDER = "order"
    STALL_SALE = "stall_sale"
    MARKET_FEE = "market_fee"


class PaymentState(StrEnum):
    """Moves only forward: created -> pending -> partially funded -> settled, or failed / cancelled.

    One edge leads back: money that the bank takes back leaves a settled payment *failed* (docs/adr/0009).
    """

    CREATED = "created"
    PENDING = "pending"
    PARTIALLY_FUNDED = "partially_funded"
    SETTLED = "settled"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: A payment that may still come.
OPEN_STATES = (PaymentState.CREATED, PaymentState.PENDING, PaymentState.PARTIALLY_FUNDED)


class EventSource(StrEnum):
    """Who sent an event."""

    STRIPE = "stripe"
    BANK = "bank"


class ReceiptState(StrEnum):
    """Where the money of a bank receipt went."""

    APPLIED = "applied"
    UNAPPLIED = "unapplied"
    RETURNING = "returning"
    RETURNED = "returned"
    IGNORED = "ignored"
    REVERSED = "reversed"


class WorkKind(StrEnum):
    """What a person has to decide about."""

    UNAPPLIED = "unapplied"
    REVERSAL = "reversal"
    REFUND = "refund"


class WorkState(StrEnum):
    """Where a work item stands: waiting, taken by a person, decided."""

    WAITING = "waiting"
    TAKEN = "taken"
    DECIDED = "decided"


class RefundState(StrEnum):
    """A refund is promised, then gateway or bank say; money that came back from the payee's bank is *returned*."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"


#: Refunds that gave nothing back in the end: their amount may be asked for again.
UNDONE_REFUNDS = (RefundState.FAILED, RefundState.RETURNED)


class TransferPurpose(StrEnum):
    """What an outgoing transfer pays; its owner hears what became of it (payments.transfers)."""

    REFUND = "refund"
    RECEIPT_RETURN = "receipt_return"
    PAYOUT = "payout"


class TransferState(StrEnum):
    """An order to our bank: created -> sent -> succeeded | failed; what succeeded may come back: *returned*."""

    CREATED = "created"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETURNED = "returned"


class Payment(Base):
    """One sum that somebody is to pay once. ``amount`` is frozen at birth (I25)."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount > 0 AND received BETWEEN 0 AND amount", name="amount"),
        CheckConstraint("refunded BETWEEN 0 AND amount", name="refunded"),
        CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name="settled"),
        CheckConstraint("(state = 'settled') = (held_account IS NOT NULL)", name="held"),
        suspects_index("payment", "payee_name", "last_error"),
        Index(None, "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True)
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose, "purpose"))
    rail: Mapped[Rail] = mapped_column(enum_column(Rail, "rail"))
    amount: Mapped[Dong]
    #: What transfers have paid of it so far; more than ``amount`` stays with the receipt as unapplied.
    received: Mapped[Dong] = mapped_column(default=Dong(0))
    #: Promised or given back so far, moved by one guarded UPDATE (I28).
    refunded: Mapped[Dong] = mapped_column(default=Dong(0))
    state: Mapped[PaymentState] = mapped_column(enum_column(PaymentState, "state"))
    #: Sent to the gateway with every call about this payment.
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    gateway_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    #: Short code a transfer must carry in its memo (VietQR only).
    transfer_code: Mapped[str | None] = mapped_column(String(12), unique=True)
    #: The account that must receive the money, and whose it is (VietQR only).
    payee_bin: Mapped[str | None] = mapped_column(String(6))
    payee_account: Mapped[str | None] = mapped_column(String(19))
    payee_name: Mapped[str | None] = mapped_column(String(120))
    #: Money that was sent later than this (bank time) counts as late.
    expires_at: Mapped[datetime | None]
    #: The ledger account that holds the money once settled; a refund takes it from there.
    held_account: Mapped[str | None] = mapped_column(String(80))
    last_error: Mapped[str | None] = mapped_column(String(80))
    #: When the reconciler last asked the gateway or bank about it.
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    @property
    def remaining(self) -> Dong:
        """What is still to be paid, in dong."""
        return Dong(0) if self.state is PaymentState.SETTLED else Dong(self.amount - self.received)


class GatewayEvent(Base):
    """An event as it was received, once per id (I26)."""

    __tablename__ = "gateway_event"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        suspects_index("gateway_event", "body", "ignored_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[EventSource] = mapped_column(enum_column(EventSource, "source"))
    event_id: Mapped[str] = mapped_column(String(80))
    type: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[str] = mapped_column(String(64))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    applied_at: Mapped[datetime | None]
    #: Stable code when the event changed nothing; shown to the operator.
    ignored_reason: Mapped[str | None] = mapped_column(String(60))


class EventDecision(Base):
    """A person has looked at an event that changed nothing, and says what came of it; once per event, kept for good."""

    __tablename__ = "gateway_event_decision"
    __table_args__ = (CheckConstraint("length(note) >= 3", name="note"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("gateway_event.id"), unique=True)
    note: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]
    event: Mapped[GatewayEvent] = relationship()


class OutgoingTransfer(Base):
    """One sum that we order our bank to pay from the collecting account; sent with its own key, so paid once."""

    __tablename__ = "outgoing_transfer"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(state IN ('succeeded', 'returned')) = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("(state = 'returned') = (returned_at IS NOT NULL)", name="returned"),
        Index(None, "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True)
    purpose: Mapped[TransferPurpose] = mapped_column(enum_column(TransferPurpose, "purpose"))
    amount: Mapped[Dong]
    payee_bin: Mapped[str] = mapped_column(String(6))
    payee_account: Mapped[str] = mapped_column(String(19))
    payee_name: Mapped[str] = mapped_column(String(120))
    memo: Mapped[str] = mapped_column(String(140))
    state: Mapped[TransferState] = mapped_column(enum_column(TransferState, "state"))
    #: Sent to the bank with the order: the same key is the same transfer there, too.
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    #: The bank's own name of the booking that took the money.
    bank_reference: Mapped[str | None] = mapped_column(String(80), unique=True)
    #: The bank's name of the booking that brought it back.
    return_reference: Mapped[str | None] = mapped_column(String(80), unique=True)
    last_error: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    #: When the money left by the bank's clock.
    done_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]


class BankReceipt(Base):
    """One sum that the bank reported as received, on our account or a trader's; once per bank reference."""

    __tablename__ = "bank_receipt"
    __table_args__ = (
        CheckConstraint("amount > 0 AND applied >= 0 AND applied <= amount", name="amount"),
        Index(None, "state", "transacted_at"),
        Index(None, "account", "transacted_at"),
        Index("uq_bank_receipt_row_key", "row_key", unique=True),
        suspects_index("bank_receipt", "memo", "payer_name", "reason", "note"),
        Index("uq_bank_receipt_later_reference", "later_reference", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The name under which it was booked: the bank's, or the row's own where its statement gave none.
    bank_reference: Mapped[str] = mapped_column(String(80), unique=True)
    #: The row of a statement without a reference that tells it, if one does.
    row_key: Mapped[str | None] = mapped_column(String(80))
    #: The bank's reference where it came only after such a row was booked.
    later_reference: Mapped[str | None] = mapped_column(String(80))
    bin: Mapped[str] = mapped_column(String(6))
    account: Mapped[str] = mapped_column(String(19))
    #: Money on the platform's own account: only that is ours to post and to give back.
    is_ours: Mapped[bool]
    amount: Mapped[Dong]
    #: The part that paid for something; the rest is unapplied.
    applied: Mapped[Dong] = mapped_column(default=Dong(0))
    memo: Mapped[str] = mapped_column(String(210))
    payer_name: Mapped[str] = mapped_column(String(120), default="")
    payer_account: Mapped[str] = mapped_column(String(34), default="")
    #: BIN of the payer's bank, where the notice tells it; without it nobody knows whose account number that is.
    payer_bin: Mapped[str] = mapped_column(String(6), default="")
    transacted_at: Mapped[datetime]
    received_at: Mapped[datetime]
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    state: Mapped[ReceiptState] = mapped_column(enum_column(ReceiptState, "state"))
    #: Stable code: why it, or its rest, is unapplied.
    reason: Mapped[str | None] = mapped_column(String(60))
    #: What the person wrote who decided about it.
    note: Mapped[str] = mapped_column(Text, default="")
    #: The transfer that sends its rest back; the newest one, when an earlier one failed.
    return_transfer_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_transfer.id"), unique=True)
    #: The bank's reference when a person sent its rest back outside this house.
    return_reference: Mapped[str | None] = mapped_column(String(80), unique=True)
    payment: Mapped[Payment | None] = relationship()

    @property
    def reference(self) -> str:
        """The bank's reference as far as we were told, else the name of its row."""
        return self.later_reference or self.bank_reference


class BankReversal(Base):
    """The bank took back money that it had reported as received; once per reference of its booking.

    ``receipt_id`` is None while the receipt that it takes back has not been heard of.
    """

    __tablename__ = "bank_reversal"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bank_reference: Mapped[str] = mapped_column(String(80), unique=True)
    #: Its other name, once it was told again: by the bank's reference after a row without one, or the other way round.
    other_name: Mapped[str | None] = mapped_column(String(80), index=True)
    #: The bank's reference of the receipt that it takes back: at most once.
    receipt_reference: Mapped[str] = mapped_column(String(80), unique=True)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("bank_receipt.id"), unique=True)
    bin: Mapped[str] = mapped_column(String(6))
    account: Mapped[str] = mapped_column(String(19))
    amount: Mapped[Dong]
    transacted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    #: False when the books could not follow: the money had gone back already, or the stall's shift is closed.
    is_booked: Mapped[bool] = mapped_column(default=False)


class WorkItem(Base):
    """Something about money that a person has to decide; it stays until somebody decides and says why."""

    __tablename__ = "work_item"
    __table_args__ = (
        CheckConstraint("(state = 'decided') = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("state <> 'taken' OR taken_by_id IS NOT NULL", name="taken"),
        CheckConstraint("decided_by_id IS NULL OR note <> ''", name="note"),
        CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL)", name="refund"),
        CheckConstraint("(kind = 'refund') = (receipt_id IS NULL)", name="receipt"),
        Index(
            "uq_work_item_open_receipt",
            "kind",
            "receipt_id",
            unique=True,
            sqlite_where=text("state <> 'decided'"),
            postgresql_where=text("state <> 'decided'"),
        ),
        Index(None, "state", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[WorkKind] = mapped_column(enum_column(WorkKind, "kind"))
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("bank_receipt.id"), index=True)
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    #: Stable code: why it waits.
    reason: Mapped[str] = mapped_column(String(60))
    state: Mapped[WorkState] = mapped_column(enum_column(WorkState, "state"))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    #: Stable code: what was decided (applied, divided, sent_back, returned_by_hand, ignored, reversed, tried_again,
    #: closed).
    decision: Mapped[str | None] = mapped_column(String(40))
    #: Why, in the words of the person who decided.
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    receipt: Mapped[BankReceipt | None] = relationship()
    refund: Mapped["Refund | None"] = relationship()


class ReceiptApplication(Base):
    """A part of a receipt that pays for a payment, until it is released again (a part-paid payment was cancelled)."""

    __tablename__ = "receipt_application"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("bank_receipt.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    amount: Mapped[Dong]
    applied_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    receipt: Mapped[BankReceipt] = relationship()


#: The gateway's reasons after which a transfer could pay the same money a second time.
_GONE_BY_CARD = frozenset({"charge_disputed", "charge_for_pending_refund_disputed", "charge_already_refunded"})


class Refund(Base):
    """Money given back on a payment; never more than was captured (I28)."""

    __tablename__ = "refund"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    amount: Mapped[Dong]
    state: Mapped[RefundState] = mapped_column(enum_column(RefundState, "state"))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    gateway_id: Mapped[str | None] = mapped_column(String(80), unique=True)
    #: The bank transfer that carries it, where the payer's account is known.
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("outgoing_transfer.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    last_error: Mapped[str | None] = mapped_column(String(80))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    succeeded_at: Mapped[datetime | None]
    #: When it was known not to have worked, or to have come back; None for those that failed before this was kept.
    failed_at: Mapped[datetime | None]
    payment: Mapped[Payment] = relationship()

    @property
    def may_have_gone_by_card(self) -> bool:
        """Whether the gateway would not give it back because the card's holder has the money, or is fighting for it."""
        return self.transfer_id is None and self.last_error in _GONE_BY_CARD
