"""What a stall's sale does when its payment moves, inside the transaction of that move."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marketplace.core.db import db
from marketplace.payments.models import Payment
from marketplace.payments.purposes import Accounts, PurposeHandler
from marketplace.stalls.models import Sale, SaleState
from marketplace.stalls.services import shifts


class StallSales(PurposeHandler):
    """Payments of the purpose *stall sale*: the money is on the trader's account, the books only learn of it."""

    def accounts(self, payment: Payment) -> Accounts:
        """``stall:<id>:own_bank`` against ``stall:<id>:sales``: never an account of the platform."""
        stall_id = db.session.scalars(select(Sale.stall_id).where(Sale.payment_id == payment.id)).one()
        own_bank = f"stall:{stall_id}:own_bank"
        return Accounts(source=own_bank, held=f"stall:{stall_id}:sales", paid_back_from=own_bank)

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        """The sale is paid since the bank's moment, and numbered now: it belongs to the shift that is open now.

        Raises ``ValueError`` when no sale waits for this payment.
        """
        waiting = (Sale.payment_id == payment.id, Sale.state == SaleState.AWAITING)
        stall_id = db.session.scalar(select(Sale.stall_id).where(*waiting))
        if stall_id is None:
            raise ValueError("no sale waits for this payment")
        paid = {"state": SaleState.PAID, "paid_at": occurred_at, "sequence": shifts.next_number(stall_id)}
        statement = update(Sale).where(*waiting).values(**paid).execution_options(synchronize_session="fetch")
        moved: Any = db.session.execute(statement)
        if moved.rowcount != 1:
            raise ValueError("no sale waits for this payment")

    def may_revive(self, payment: Payment) -> bool:
        """Money is welcome as long as the trader has not cancelled the sale."""
        state = db.session.scalar(select(Sale.state).where(Sale.payment_id == payment.id).with_for_update())
        return state is SaleState.AWAITING
