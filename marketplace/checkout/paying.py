"""What an order does when its payment moves. Runs inside the transaction of the money, after the payment is locked."""

from datetime import datetime

from marketplace.checkout import goods, queries, services
from marketplace.checkout.announcing import announce
from marketplace.core.money import Dong
from marketplace.orders import services as order_services
from marketplace.orders.models import Order, OrderState, PaymentMethod, SubOrderState
from marketplace.orders.states import BEFORE_SHIPPING
from marketplace.payments import services as payments
from marketplace.payments.models import Payment, Refund
from marketplace.payments.purposes import PurposeHandler


class OrderPayments(PurposeHandler):
    """The handler of payments whose purpose is an order."""

    def on_settled(self, payment: Payment, occurred_at: datetime) -> None:
        """Goods are sold, producers are credited; a prepaid order is paid and can be packed. Told once (I64).

        Other payments that were opened for the same prepaid order are given up: nobody pays twice. An order whose
        goods had left when the bank took its money back is paid anew by the credits alone.
        """
        order = locked_order(payment)
        parts = [share.sub_order for share in queries.list_shares(payment)]
        goods.sell(goods.lines_of(parts))
        services.split(payment, occurred_at)
        if order.payment_method is not PaymentMethod.CASH_ON_DELIVERY:
            for other in queries.list_open_payments(order):
                payments.cancel(other)
            if order.paid_at is not None:
                return
            order_services.mark_paid(order, occurred_at)
            for part in parts:
                order_services.move_sub_order(part, SubOrderState.TO_PACK)
            announce(order, "paid", actor_id=None, payment=payment.public_id, amount=payment.amount)

    def may_revive(self, payment: Payment) -> bool:
        """Late money: wanted while the order was not cancelled and its goods are still (or again) to be had."""
        order = locked_order(payment)
        if order.state not in (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED):
            return False
        return goods.hold_again(goods.lines_of(order.sub_orders), until=None)

    def may_unpay(self, payment: Payment) -> bool:
        """Always: goods that have left are no reason to keep money in the books that is gone."""
        return True

    def on_unpaid(self, payment: Payment, occurred_at: datetime) -> None:
        """The bank took the money back (4.3, 20): credits are reversed, and another payment asks for it anew.

        Nothing shipped: the order waits for its payment again, without a deadline, its goods set aside. Otherwise it
        goes on as it is, and the producers carry the loss until the buyer pays (docs/adr/0009).
        """
        order = locked_order(payment)
        services.take_back_split(payment, occurred_at)
        if order.state is OrderState.PAID and all(part.state in BEFORE_SHIPPING for part in order.sub_orders):
            for part in order.sub_orders:
                order_services.move_sub_order(part, SubOrderState.WAITING)
            order_services.mark_unpaid(order)
        if order.state is not OrderState.CANCELLED:
            order.hold_until = None
            services.open_payments(order)
        announce(order, "unpaid", actor_id=None, payment=payment.public_id, amount=payment.amount)

    def on_unapplied(self, payment: Payment, amount: Dong, reason: str) -> None:
        """The buyer is told that money of theirs waits for a person: it was too late, too much, or came twice."""
        order = queries.get_order_of(payment)
        announce(order, "money_waits", actor_id=None, payment=payment.public_id, amount=amount, reason=reason)

    def on_refunded(self, refund: Refund, occurred_at: datetime) -> None:
        """The producers' balances fall in the transaction that gives the money back (P13)."""
        services.take_back_shares(refund, occurred_at)

    def on_refund_failed(self, refund: Refund) -> None:
        """The money stayed here: the producers' balances stand again."""
        services.give_shares_again(refund)


def locked_order(payment: Payment) -> Order:
    """The order of a payment, read afresh under its lock. The payment's row must be locked before."""
    return order_services.lock_order(queries.get_order_of(payment).id)
