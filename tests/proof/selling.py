"""Rules about the stall: sell, send again, pay, close the shift."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.payments.models import Payment
from marketplace.stalls import queries as stall_queries
from marketplace.stalls import services as stalls
from marketplace.stalls.models import Means, Sale
from tests.proof.model import ModelSale
from tests.proof.walk import Walk, some


class StallRules(Walk):
    """What a trader and the buyers at the stall do."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    @rule(amount=st.sampled_from([5_000, 45_000]), cash=st.booleans())
    def sell(self, amount: int, cash: bool) -> None:
        """A sale at the stall."""
        key = self.new_key("client")
        self.sale_ids.append(self._take(key, amount, cash=cash))
        self.sent.append(key)
        self.model.sales.append(ModelSale(amount, cash, "paid" if cash else "awaiting"))
        self.note("stall sale")

    @precondition(lambda self: self.sent)
    @rule(which=some)
    def sell_again(self, which: int) -> None:
        """The phone sends a sale once more: the same sale."""
        index = which % len(self.sent)
        sale = self.model.sales[index]
        assert self._take(self.sent[index], sale.amount, cash=sale.is_cash) == self.sale_ids[index]
        self.note("stall sale again")

    @precondition(lambda self: any(not sale.is_cash for sale in self.model.sales))
    @rule(which=some, extra=st.sampled_from([0, 0, -1_000, 1_000]))
    def pay_sale(self, which: int, extra: int) -> None:
        """The buyer at the stall transfers to the trader."""
        by_transfer = [index for index, sale in enumerate(self.model.sales) if not sale.is_cash]
        index = by_transfer[which % len(by_transfer)]
        of_sale = select(Payment).join(Sale, Sale.payment_id == Payment.id).where(Sale.id == self.sale_ids[index])
        payment = db.session.scalars(of_sale).one()
        account, amount, code = str(payment.payee_account), payment.amount + extra, str(payment.transfer_code)
        db.session.rollback()
        self.world.outside.transfer(account, amount, code, key=self.new_key("transfer"))
        self.paid_for[self.world.outside.newest_notice()] = ("sale", index, amount, clock.now())
        self.note("stall transfer")

    @precondition(lambda self: self.sale_ids)
    @rule()
    def close_the_shift(self) -> None:
        """The trader closes the day: what is closed never changes again."""
        shift = stall_queries.find_open_shift(self.world.stall_id)
        if shift is None:
            db.session.rollback()
            return
        shift_id, up_to = shift.id, shift.stall.last_sequence
        db.session.rollback()
        with transaction():
            stalls.close_shift(
                self.world.stall_id, shift_id, up_to=up_to, counted_cash=Dong(1_000), reason="đếm tay", actor_id=None
            )
        self.note("shift closed")

    def _take(self, key: str, amount: int, *, cash: bool) -> int:
        means = Means.CASH if cash else Means.QR
        with transaction():
            sale = stalls.take_sale(
                self.world.stall_id, client_id=key, amount=Dong(amount), means=means, vendor_id=None
            )
            return sale.id
