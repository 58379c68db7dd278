"""Rules about payouts: one operator asks, another decides, the bank pays, refuses, or sends the money back."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from sqlalchemy import case, func, select

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Forbidden
from marketplace.ledger import queries as ledger
from marketplace.payments.models import Refund, RefundState
from marketplace.settlement import flows as settlement
from marketplace.settlement.models import Payout
from marketplace.settlement.services import payouts
from tests.proof.model import ModelPayout
from tests.proof.walk import Walk, some

#: What the bank may do with a transfer in each of its states.
_HAPPENINGS = {"accepted": ("carry_out", "refuse"), "succeeded": ("give_back",)}
_OUTCOMES = ("succeed", "wait", "fail")


class PayoutRules(Walk):
    """What two operators and the bank do about the money of producers."""

    def __init__(self) -> None:
        super().__init__()
        #: Id, index of who asked, indexes of its payouts; whether it was decided.
        self.batches: list[tuple[int, int, tuple[int, ...]]] = []
        self.decided: set[int] = set()
        self.outcome = "succeed"
        self.ordered_before = 0

    @precondition(lambda self: len(self.nothing_due) < len(self.world.producers))
    @rule(whose=st.sampled_from([(0,), (1,), (0, 1)]), by=st.integers(0, 1))
    def request_payout(self, whose: tuple[int, ...], by: int) -> None:
        """An operator asks for what is due to one or both producers."""
        producers = [self.world.producers[index] for index in whose]
        try:
            with transaction():
                batch = payouts.request_batch(producers, actor_id=self.world.operators[by])
                made = [(payout.id, self.world.producers.index(payout.producer_id), payout) for payout in batch.payouts]
                amounts = [(row_id, producer, payout.amount) for row_id, producer, payout in made]
                recovers = any(line.amount < 0 for *_, payout in made for line in payout.lines)
                batch_id = batch.id
        except Conflict as error:
            self.nothing_due.update(whose[:1] if len(whose) == 1 else ())
            self.note(f"payout refused: {error.code}")
            return
        first = len(self.payout_ids)
        for row_id, producer, amount in amounts:
            self.payout_ids.append(row_id)
            self.model.payouts.append(ModelPayout(producer, amount, self._refund_news()))
        self.batches.append((batch_id, by, tuple(range(first, len(self.payout_ids)))))
        self.note("payout requested")
        if recovers:
            self.note("refund recovered from a payout")

    @precondition(lambda self: len(self.decided) < len(self.batches))
    @rule(which=some, own=st.sampled_from([False, False, False, True]), approved=st.sampled_from([True, True, False]))
    def decide_payout(self, which: int, own: bool, approved: bool) -> None:
        """An operator decides a batch: never the own one, and once."""
        likely = [batch for batch in self.batches if batch[0] not in self.decided] if which % 4 else []
        batch_id, asked_by, indexes = (likely or self.batches)[which // 4 % len(likely or self.batches)]
        by = asked_by if own else 1 - asked_by
        actor_id = self.world.operators[by]
        try:
            if approved:
                settlement.payouts.approve(batch_id, actor_id=actor_id)
            else:
                with transaction():
                    payouts.refuse_batch(batch_id, actor_id=actor_id, reason="chờ đối chiếu")
        except Forbidden:
            assert by == asked_by
            self.note("payout: own batch refused")
            return
        except Conflict:
            assert batch_id in self.decided
            self.note("payout: decided before")
            return
        assert by != asked_by, "who asks approves"
        assert batch_id not in self.decided, "a batch was decided twice"
        self.decided.add(batch_id)
        for index in indexes:
            self._decide(index, approved)

    @initialize(outcome=st.sampled_from(["succeed", "succeed", "succeed", "wait", "wait", "fail"]))
    def bank_has_its_ways(self, outcome: str) -> None:
        """What the bank does with transfers: those of refunds, too."""
        self._let_the_bank(outcome)

    @precondition(lambda self: len(self.world.outside.ordered_transfers()) > self.ordered_before)
    @rule(other=st.integers(1, 2))
    def bank_changes_its_ways(self, other: int) -> None:
        """The bank had its ways with a transfer, and does something else with those that are ordered from now on."""
        self._let_the_bank(_OUTCOMES[(_OUTCOMES.index(self.outcome) + other) % 3])

    @precondition(lambda self: self._ordered())
    @rule(which=some, happening=some)
    def bank_goes_on(self, which: int, happening: int) -> None:
        """A waiting transfer is paid or refused, a paid one comes back; the shop hears of it by news, or asks."""
        ordered = self._ordered()
        key, state = ordered[which % len(ordered)]
        chosen = _HAPPENINGS[state][happening % len(_HAPPENINGS[state])]
        self.world.outside.happen_to_transfer(key, chosen)
        self.note(f"bank: {chosen}")

    def follow_payouts(self) -> None:
        """Every payout went a lawful way, nobody got more than was sold, and balances below zero are noticed."""
        states = dict(db.session.execute(select(Payout.id, Payout.state)).all())
        for payout_id, payout in zip(self.payout_ids, self.model.payouts, strict=True):
            state = states[payout_id].value
            if state != payout.state:
                self.note(f"payout: {state}")
                payout.follow(state)
        for index, producer_id in enumerate(self.world.producers):
            if self.model.paid_out(index) and ledger.balance(f"producer:{producer_id}:payable") > 0:
                self.note("producer owes after a payout")

    def payouts_are_as_the_bank_says(self) -> None:
        """At the end both sides tell the same of each payout that was sent."""
        ordered = self.world.outside.ordered_transfers()
        said = {"accepted": "sent", "succeeded": "paid", "failed": "failed", "returned": "returned"}
        for payout_id, payout in zip(self.payout_ids, self.model.payouts, strict=True):
            known = ordered.get(f"payout-{payout_id}")
            assert payout.state == said.get(str(known), payout.state), f"payout {payout_id} at the bank: {known}"
            assert known is None or payout.state in said.values()

    def _refund_news(self) -> int:
        """How often a refund was promised, arrived, failed or came back: each may hold back a payout asked for."""
        news = case((Refund.state == RefundState.PENDING, 0), (Refund.state == RefundState.SUCCEEDED, 1), else_=2)
        count = db.session.scalar(select(func.sum(news))) or 0
        db.session.rollback()
        return self.model.refunds + count

    def _let_the_bank(self, outcome: str) -> None:
        self.outcome, self.ordered_before = outcome, len(self.world.outside.ordered_transfers())
        self.world.outside.choose_for_transfers(outcome)
        self.note(f"bank will {outcome}")

    def _ordered(self) -> list[tuple[str, str]]:
        """Transfers at the bank that are not over, and where they stand."""
        return [pair for pair in self.world.outside.ordered_transfers().items() if pair[1] in _HAPPENINGS]

    def _decide(self, index: int, approved: bool) -> None:
        payout = self.model.payouts[index]
        state = db.session.get_one(Payout, self.payout_ids[index]).state.value
        db.session.rollback()
        if not approved:
            payout.state = "refused"
        else:
            was_disturbed = self._refund_news() > payout.refunds_before
            assert state != "held" or was_disturbed, "a payout is held back without a reason"
            payout.state = "held" if state == "held" else "approved"
        self.note(f"payout: {payout.state}")
