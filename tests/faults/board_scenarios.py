"""Payouts of market fees to the board of a market, as rows of the table of ``scenarios``."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments.models import BankReceipt, OutgoingTransfer, TransferState
from marketplace.settlement.models import BatchState, BoardPayout, BoardPayoutLine, PayoutBatch, PayoutState
from marketplace.settlement.services import payouts as services
from marketplace.stalls import services as stalls
from marketplace.stalls.models import FeeState, MarketFee, Stall
from tests.faults.money_scenarios import approve, send, tell_bank
from tests.faults.scenarios import Scenario, deliver, work_outbox
from tests.proof.world import World
from tests.settlement.paying_boards import account
from tests.settlement.paying_out import person

FEE = Dong(150_000)


@dataclass(frozen=True)
class Board:
    """A market whose board is owed a fee, two operators, and the batch that the first asked for (0: none yet)."""

    market_id: int
    asks: int
    approves: int
    batch_id: int = 0


def _collected(world: World) -> Board:
    """A stall paid its fee by transfer, and the account of the board is known for long."""
    actor, month = person(), clock.today().replace(day=1)
    with transaction():
        stall = db.session.get_one(Stall, world.stall_id)
        (fee,) = stalls.set_fees(stall.market, [stall], period=month, amount=FEE, due_on=month, actor_id=actor)
        market_id, payee, code = stall.market_id, str(fee.payment.payee_account), str(fee.payment.transfer_code)
    world.outside.transfer(payee, FEE, code)
    deliver(world)
    account(market_id)
    work_outbox()  # the messages about the account have nothing to do with its payouts
    return Board(market_id, person(), person())


def _asked_for(world: World) -> Board:
    board = _collected(world)
    _ask(world, board)
    return replace(board, batch_id=db.session.scalars(select(PayoutBatch.id)).one())


def _approved(world: World) -> Board:
    board = _asked_for(world)
    approve(world, board)
    return board


def _on_its_way(world: World) -> Board:
    """The bank has the order and waits; then it pays, and its notice waits for delivery."""
    tell_bank(world, "outgoing", {"outcome": "wait"})
    board = _approved(world)
    work_outbox()
    tell_bank(world, f"transfers/{_key()}/carry_out")
    return board


def _sent_back(world: World) -> Board:
    """Paid, and then the bank of the board gives it back."""
    board = _on_its_way(world)
    deliver(world)
    tell_bank(world, f"transfers/{_key()}/give_back")
    return board


def _taken_back(world: World) -> Board:
    """Paid out, and then the bank takes back what the stall had paid."""
    board = _on_its_way(world)
    deliver(world)
    tell_bank(world, f"transfers/{db.session.scalars(select(BankReceipt.bank_reference)).one()}/reversal")
    return board


def _key() -> str:
    return f"board-payout-{db.session.scalars(select(BoardPayout.id)).one()}"


def _ask(_world: World, board: Board) -> None:
    try:
        with transaction():
            services.request_batch([], market_ids=[board.market_id], actor_id=board.asks)
    except Conflict:
        db.session.rollback()  # it was asked for before


def _books(board: Board) -> tuple[int, int]:
    """What the board is owed, and what is on its way to it."""
    owed, transit = (ledger.balance(f"market:{board.market_id}:{name}") for name in ("payable", "transit"))
    return -owed, -transit


def _is_asked_for_once(_world: World, board: Board) -> None:
    batch, payout = db.session.scalars(select(PayoutBatch)).one(), db.session.scalars(select(BoardPayout)).one()
    assert (batch.state, payout.state, payout.amount) == (BatchState.REQUESTED, PayoutState.REQUESTED, FEE)
    assert _books(board) == (FEE, 0)


def _is_paid_out_once(world: World, board: Board) -> None:
    payout, sent = db.session.scalars(select(BoardPayout)).one(), db.session.scalars(select(OutgoingTransfer)).one()
    assert (payout.state, sent.state) == (PayoutState.PAID, TransferState.SUCCEEDED)
    assert _books(board) == (0, 0)
    assert ledger.balance("bank:collecting") == world.outside.balance() == 0


def _is_due_again(world: World, board: Board) -> None:
    payout, sent = db.session.scalars(select(BoardPayout)).one(), db.session.scalars(select(OutgoingTransfer)).one()
    assert (payout.state, sent.state) == (PayoutState.RETURNED, TransferState.RETURNED)
    assert db.session.scalars(select(BoardPayoutLine.freed_at)).one() is not None
    assert _books(board) == (FEE, 0)
    assert ledger.balance("bank:collecting") == world.outside.balance() == FEE


def _is_owed_by_the_board(world: World, board: Board) -> None:
    fee = db.session.scalars(select(MarketFee)).one()
    assert fee.state is FeeState.DUE
    assert _books(board) == (-FEE, 0)
    assert ledger.balance("bank:collecting") == world.outside.balance() == -FEE


BOARD_SCENARIOS = (
    Scenario("a payout to a board is asked for", _collected, _ask, _is_asked_for_once),
    Scenario("a payout to a board is approved", _asked_for, approve, _is_paid_out_once),
    Scenario("a payout to a board is sent", _approved, send, _is_paid_out_once),
    Scenario("the bank's notice of a payout to a board", _on_its_way, deliver, _is_paid_out_once),
    Scenario("a payout to a board comes back", _sent_back, deliver, _is_due_again),
    Scenario("the bank takes back a fee that was paid out", _taken_back, deliver, _is_owed_by_the_board),
)
