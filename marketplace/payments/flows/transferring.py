"""Order a transfer at the bank that was committed before, and keep its answer. Safe to run again by its own key."""

import logging

from marketplace.core.db import db, retrying, transaction
from marketplace.payments import queries, services, settings
from marketplace.payments.bank import KEY_REUSED, OrderedTransfer
from marketplace.payments.errors import BankRefused
from marketplace.payments.models import TransferState

log = logging.getLogger(__name__)


def send_transfer(public_id: str) -> TransferState:
    """Order a transfer (again), or ask what became of one that was ordered; other states are left as they are.

    Raises ``BankUnknown`` when there is no usable answer (it may have been ordered: try again later with the same
    key) and ``NotFound`` (``transfer_unknown``). Must be called outside a transaction.
    """
    transfer = queries.get_transfer(public_id)
    if transfer.state not in (TransferState.CREATED, TransferState.SENT):
        return transfer.state
    payee = (transfer.payee_bin, transfer.payee_account, transfer.payee_name)
    amount, memo, key = transfer.amount, transfer.memo, transfer.idempotency_key
    reference = transfer.bank_reference
    db.session.rollback()  # nothing stays open while the bank thinks
    client = settings.current().bank
    try:
        if reference is None:
            ours = settings.current().collecting.account
            told = client.order_transfer(ours, amount, payee=payee, memo=memo, key=key)
        else:
            told = client.retrieve_transfer(reference)
    except BankRefused as error:
        log.error("bank refused transfer %s: %s", public_id, error.bank_code)
        _refuse(public_id, error.bank_code)
    else:
        _keep(public_id, told)
    return _state(public_id)


def _keep(public_id: str, told: OrderedTransfer) -> None:
    def write() -> None:
        with transaction():
            problem = services.hear_transfer(public_id, told)
            if problem is not None:
                log.error("bank answered about transfer %s: %s", public_id, problem)
                queries.get_transfer(public_id).last_error = problem
                db.session.flush()

    retrying(write)


def _refuse(public_id: str, code: str) -> None:
    def write() -> None:
        with transaction():
            transfer = queries.get_transfer(public_id)
            # our key ordered something else: an earlier try may have worked, so nobody may call it failed
            if code == KEY_REUSED or transfer.state is TransferState.SENT:
                transfer.last_error = code[:80]
                db.session.flush()
            else:
                services.fail_transfer(transfer, code=code)

    retrying(write)


def _state(public_id: str) -> TransferState:
    transfer = queries.get_transfer(public_id)
    db.session.refresh(transfer)
    return transfer.state
