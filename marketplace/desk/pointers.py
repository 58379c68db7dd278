"""Work that has a page of its own in another room: the desk says how much of it waits and leads there."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace.checkout.queries import count_returns_unanswered, count_returns_waiting
from marketplace.core import clock
from marketplace.core.roles import Role
from marketplace.desk.queries.reach import Reach
from marketplace.producers.queries import count_waiting_payout_accounts
from marketplace.settlement.queries import boards, differences, payouts
from marketplace.stalls.queries import count_open_sticker_reports, count_overdue_fees, count_waiting_accounts


@dataclass(frozen=True)
class Pointer:
    """``count`` says how much waits for the person; a pointer at nothing is not shown."""

    title: LazyString
    endpoint: str
    role: Role
    count: Callable[[Reach], int]


POINTERS = (
    Pointer(
        _l("Returns and calls-off to answer"),
        "checkout.returns",
        Role.PRODUCER,
        lambda reach: count_returns_waiting(reach.producer_ids),
    ),
    Pointer(
        _l("Reports of foreign codes at stalls"),
        "stalls.sticker_reports",
        Role.MARKET_MANAGER,
        lambda reach: count_open_sticker_reports(reach.market_ids),
    ),
    Pointer(
        _l("Accounts of stalls to verify"),
        "stalls.managed",
        Role.MARKET_MANAGER,
        lambda reach: count_waiting_accounts(reach.market_ids),
    ),
    Pointer(
        _l("Market fees overdue"),
        "stalls.managed",
        Role.MARKET_MANAGER,
        lambda reach: count_overdue_fees(reach.market_ids),
    ),
    Pointer(
        _l("Payout batches to approve"),
        "settlement.payouts",
        Role.OPERATOR,
        lambda reach: payouts.count_batches_to_approve(reach.user_id),
    ),
    Pointer(
        _l("Payouts that did not go out"),
        "settlement.payouts",
        Role.OPERATOR,
        lambda _reach: payouts.count_payouts_to_look_at(),
    ),
    Pointer(
        _l("Payout accounts to verify"),
        "producers.payout_accounts",
        Role.OPERATOR,
        lambda _reach: count_waiting_payout_accounts(),
    ),
    Pointer(
        _l("Accounts of market boards to verify"),
        "settlement.board_accounts",
        Role.OPERATOR,
        lambda _reach: boards.count_waiting_board_accounts(),
    ),
    Pointer(
        _l("Differences between books, bank and gateway"),
        "settlement.differences",
        Role.OPERATOR,
        lambda _reach: differences.count_open(),
    ),
    Pointer(
        _l("Returns that a producer left unanswered"),
        "checkout.returns",
        Role.OPERATOR,
        lambda _reach: count_returns_unanswered(clock.now()),
    ),
    Pointer(
        _l("Reports of foreign codes at stalls"),
        "stalls.sticker_reports",
        Role.OPERATOR,
        lambda _reach: count_open_sticker_reports(),
    ),
)


@dataclass(frozen=True)
class Waiting:
    """A pointer with how much waits behind it; more than 0."""

    pointer: Pointer
    number: int


def pointers_of(roles: frozenset[Role], reach: Reach) -> list[Waiting]:
    """The pointers of a person's roles behind which something waits."""
    counted = (Waiting(pointer, pointer.count(reach)) for pointer in POINTERS if pointer.role in roles)
    return [found for found in counted if found.number]
