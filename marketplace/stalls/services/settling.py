"""What a stall's sale does when its payment moves, inside the transaction of that move."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from marketplace.core.db import changed_one, db
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Purpose, Rail
from marketplace.payments.purposes import Accounts, PurposeHandler
from marketplace.payments.settings import Payee
from marketplace.stalls.models import Sale, SaleCode, SaleReceipt, SaleState
from marketplace.stalls.services import goods, shifts
from marketplace.stalls.services.former import replace_payment
from marketplace.stalls.services.sales import is_closed


class StallSales(PurposeHandler):
    """Payments of the purpose *stall sale*: the money is on the trader's account, the books only learn of it."""

    def accounts(self, payment: Payment) -> Accounts:
        """``stall:<id>:own_bank`` against ``stall:<id>:sales``: never an account of the platform."""
        stall_id = db.session.scalars(select(Sale.stall_id).where(Sale.payment_id == payment.id)).one()
        own_bank = f"stall:{stall_id}:own_bank"
        return Accounts(source=own_bank, held=f"stall:{stall_id}:sales", paid_back_from=own_bank)

    def hold_reserved(self, codes: Sequence[str]) -> bool:
        """A phone without network may have shown the code: whoever sends its sale holds the code's row, too."""
        reserved = select(SaleCode.id).where(SaleCode.code.in_(codes)).order_by(SaleCode.id)
        return bool(db.session.scalars(reserved.with_for_update()).all())

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        """The sale is paid since the bank's moment, and numbered now: it belongs to the shift that is open now.

        Raises ``ValueError`` when no sale waits for this payment.
        """
        waiting = (Sale.payment_id == payment.id, Sale.state == SaleState.AWAITING)
        sale = db.session.execute(select(Sale.id, Sale.stall_id, Sale.vendor_id).where(*waiting)).one_or_none()
        if sale is None:
            raise ValueError("no sale waits for this payment")
        paid = {"state": SaleState.PAID, "paid_at": occurred_at, "sequence": shifts.next_number(sale.stall_id)}
        if not changed_one(update(Sale).where(*waiting).values(**paid), synchronize="fetch"):
            raise ValueError("no sale waits for this payment")
        goods.hand_over(sale.id, actor_id=sale.vendor_id)

    def may_unpay(self, payment: Payment) -> bool:
        """The bank may take the money back as long as no closing holds the sale: then a person has to decide."""
        sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one_or_none()
        return sale is not None and sale.state is SaleState.PAID and not is_closed(sale)

    def on_unpaid(self, payment: Payment, occurred_at: datetime) -> None:
        """The bank took the money back: the sale waits again, for a payment of its own, and loses its number.

        The goods are gone with the buyer: they stay sold. The trader's word about the transfer, if any, goes with it.
        """
        sale = db.session.scalars(select(Sale).where(Sale.payment_id == payment.id)).one()
        shifts.lock_stall(sale.stall_id)
        payee = Payee(str(payment.payee_bin), str(payment.payee_account), str(payment.payee_name))
        replace_payment(sale, payments.open_payment(Purpose.STALL_SALE, Rail.VIETQR, sale.amount, payee=payee))
        sale.state, sale.paid_at, sale.sequence = SaleState.AWAITING, None, None
        db.session.execute(delete(SaleReceipt).where(SaleReceipt.sale_id == sale.id))
        db.session.flush()

    def may_revive(self, payment: Payment) -> bool:
        """Money is welcome as long as the trader has not cancelled the sale."""
        state = db.session.scalar(select(Sale.state).where(Sale.payment_id == payment.id).with_for_update())
        return state is SaleState.AWAITING
