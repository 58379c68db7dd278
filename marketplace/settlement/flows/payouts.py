"""Approve a batch, then hand each of its payouts to the bank; whatever is left over is handed on by the worker."""

import logging
from collections.abc import Callable

from marketplace.core.db import db, retrying, transaction
from marketplace.payments.models import OutgoingTransfer
from marketplace.settlement.queries import boards
from marketplace.settlement.queries import payouts as queries
from marketplace.settlement.services import payouts as services

log = logging.getLogger(__name__)


def approve(batch_id: int, *, actor_id: int) -> None:
    """Approve a batch and order its transfers. Raises as ``services.payouts.approve_batch``.

    The transfers themselves are sent by the worker (outbox): a bank that does not answer delays nobody here.
    """

    def write() -> None:
        with transaction():
            services.approve_batch(batch_id, actor_id=actor_id)

    retrying(write)
    order_approved()


def order_approved() -> int:
    """Order the transfer of every approved payout, each in a transaction of its own; how many were ordered.

    One that makes trouble is logged and stops nobody behind it; the worker's next minute tries it again.
    """
    ids, of_boards = list(queries.list_ready_to_send()), list(boards.list_boards_ready_to_send())
    db.session.rollback()
    ordered = sum(_order(payout_id, services.order_payout) for payout_id in ids)
    return ordered + sum(_order(payout_id, services.order_board_payout) for payout_id in of_boards)


def _order(payout_id: int, order: Callable[[int], OutgoingTransfer | None]) -> bool:
    def write() -> bool:
        with transaction():
            return order(payout_id) is not None

    try:
        return retrying(write)
    except Exception:  # whatever it is, the money of the producers behind must not wait for it
        log.exception("%s of payout %s did not work", order.__name__, payout_id)
        return False
