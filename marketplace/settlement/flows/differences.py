"""Compare the books with bank and gateway: read what they list, finish what can be finished, note what differs.

Safe to run again and by two at once: lines are kept once, effects happen once, differences are rows with one name.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from marketplace.core import clock
from marketplace.core.db import db, retrying, transaction
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.payments import flows as payments
from marketplace.payments import services as payment_services
from marketplace.payments import settings
from marketplace.payments.errors import BankUnknown, GatewayRefused, GatewayUnknown
from marketplace.payments.gateway import GatewayObject, GatewayRefund, Intent
from marketplace.payments.movements import Movement
from marketplace.settlement.flows import statements
from marketplace.settlement.models import GATEWAY, DifferenceKind, Outcome
from marketplace.settlement.queries import differences as queries
from marketplace.settlement.queries import gateway_subjects, statement_days
from marketplace.settlement.queries.pairs import Pair
from marketplace.settlement.services import differences as services
from marketplace.settlement.services import statement_lines

log = logging.getLogger(__name__)

_PAGE = 200
#: Clocks of bank and gateway may be ahead of ours.
_SLACK = timedelta(minutes=5)


@dataclass
class Compared:
    """How a reconciliation ended: what it changed, who did not answer, and how many differences are open now."""

    outcome: Outcome
    counts: services.Counts
    still_open: int
    silent: list[str] = field(default_factory=list)


def reconcile(days: list[date] | None = None) -> Compared:
    """Compare these local days (yesterday and today when none is given) and every day with an open difference.

    Whoever does not answer is named, and the own differences of that side are left as they are.
    """
    asked = days or [clock.today() - timedelta(days=1), clock.today()]
    run_id = _begin(asked)
    work = sorted({*asked, *queries.days_with_open()})
    db.session.rollback()
    counts, silent = services.Counts(), []
    for side in (_compare_bank, _compare_gateway):
        try:
            side(work, counts)
        except (BankUnknown, GatewayUnknown, GatewayRefused) as error:
            db.session.rollback()
            name = "bank" if isinstance(error, BankUnknown) else "gateway"
            silent.append(f"{name}: {error.facts.get('why') or error.code}")
            log.warning("no reconciliation with the %s: %s", name, silent[-1])
    return _end(run_id, counts, silent)


def _begin(days: list[date]) -> int:
    def write() -> int:
        with transaction():
            return services.begin_run(days).id

    return retrying(write)


def _end(run_id: int, counts: services.Counts, silent: list[str]) -> Compared:
    def write() -> Compared:
        with transaction():
            still_open = queries.count_open()
            outcome = services.end_run(run_id, counts, silent=silent, still_open=still_open)
            return Compared(outcome, counts, still_open, silent)

    return retrying(write)


def _record(account: str, day: date, counts: services.Counts, repaired: list[Pair]) -> None:
    def write() -> services.Counts:
        with transaction():
            services.hold_day(account, day)
            found = statement_days.statement_day(account, day).pairs
            return services.record(account, day, found, repaired=repaired)

    made = retrying(write)
    counts.found += made.found
    counts.repaired += made.repaired
    counts.closed += made.closed


# -- the bank -----------------------------------------------------------------------------------------------------


def _compare_bank(days: list[date], counts: services.Counts) -> None:
    account = settings.current().collecting.account
    for begin, end in _stretches(_with_history(account, days)):
        _read_statement(account, begin, min(end, clock.now() + _SLACK))
    statements.apply_lines()
    for day in days:
        _record(account, day, counts, [])


def _with_history(account: str, days: list[date]) -> list[date]:
    """The first time, everything since the books opened: opening balances are sums of lines."""
    first = ledger.first_moment(statement_days.book_account(account))
    is_known = queries.has_lines_of_bank(account)
    db.session.rollback()
    if is_known or first is None:
        return days
    start = clock.local_day_of(first)
    before = [start + timedelta(days=n) for n in range(max(0, (days[0] - start).days))]
    return [*before, *days]


def _stretches(days: list[date]) -> Iterator[tuple[datetime, datetime]]:
    """Days as few half-open pairs of moments as possible."""
    ordered = sorted(set(days))
    start = 0
    for place, day in enumerate(ordered):
        is_last = place + 1 == len(ordered)
        if is_last or ordered[place + 1] != day + timedelta(days=1):
            yield clock.local_day(ordered[start])[0], clock.local_day(day)[1]
            start = place + 1


def _read_statement(account: str, begin: datetime, end: datetime) -> None:
    if begin >= end:
        return
    listed = list(settings.current().bank.movements(account, begin=begin, end=end))
    for start in range(0, len(listed), _PAGE):
        part = listed[start : start + _PAGE]

        def keep(part: list[Movement] = part) -> None:
            with transaction():
                statement_lines.keep_movements(part)

        retrying(keep)


# -- the gateway --------------------------------------------------------------------------------------------------


def _compare_gateway(days: list[date], counts: services.Counts) -> None:
    repaired: list[Pair] = []
    for begin, end in _stretches(days):
        repaired += _read_gateway(begin, min(end, clock.now() + _SLACK))
    for day in days:
        _record(GATEWAY, day, counts, [pair for pair in repaired if clock.local_day_of(pair.happened_at) == day])


def _read_gateway(begin: datetime, end: datetime) -> list[Pair]:
    """Keep what the gateway lists, after what it says became true here; what was put right by that."""
    if begin >= end:
        return []
    gateway = settings.current().gateway
    repaired = []
    for intent in list(gateway.intents_between(begin, end)):
        repaired += _follow_intent(intent)
    for refund in list(gateway.refunds_between(begin, end)):
        repaired += _follow_refund(refund)
    for charge in list(gateway.charges_between(begin, end)):
        if charge.intent_id is None:  # the others are told by their intents
            _keep(charge, charge.amount if charge.status == "succeeded" else Dong(0))
    for payout in list(gateway.payouts_between(begin, end)):
        _keep(payout, Dong(0) if payout.status in ("failed", "canceled") else Dong(-payout.amount))
    return repaired


def _follow_intent(intent: Intent) -> list[Pair]:
    before = queries.our_payment(intent.id, intent.reference)
    state = before.state.value if before is not None else ""
    differs = before is not None and not gateway_subjects.agrees(before, intent.status)
    db.session.rollback()
    if differs:
        intent = settings.current().gateway.retrieve_intent(intent.id)
        payments.settle_from_gateway(intent, occurred_at=clock.now())
    _keep(intent, intent.received)
    after = queries.our_payment(intent.id, intent.reference)
    is_mended = differs and after is not None and gateway_subjects.agrees(after, intent.status)
    db.session.rollback()
    return [_mended(intent, intent.received, state)] if is_mended else []


def _follow_refund(refund: GatewayRefund) -> list[Pair]:
    before = queries.our_refund(refund.id, refund.reference)
    state = before.state.value if before is not None else ""
    differs = before is not None and not gateway_subjects.agrees(before, refund.status)
    db.session.rollback()
    if differs:
        _apply_refund(refund)
    moved = Dong(0) if refund.status in ("failed", "canceled", "pending", "requires_action") else Dong(-refund.amount)
    _keep(refund, moved)
    after = queries.our_refund(refund.id, refund.reference)
    is_mended = differs and after is not None and gateway_subjects.agrees(after, refund.status)
    db.session.rollback()
    return [_mended(refund, moved, state)] if is_mended else []


def _apply_refund(refund: GatewayRefund) -> None:
    def write() -> None:
        with transaction():
            payment_services.apply_refund(refund, occurred_at=clock.now())

    retrying(write)


def _mended(thing: Intent | GatewayRefund, moved: Dong, our_state: str) -> Pair:
    return Pair(
        thing.id,
        thing.created_at,
        theirs=moved,
        ours=Dong(0),
        kind=DifferenceKind.STATE,
        their_state=thing.status,
        our_state=our_state,
        about="\n".join(f"{name}: {value}" for name, value in thing.metadata.items()),
    )


def _keep(thing: Intent | GatewayRefund | GatewayObject, moved: Dong) -> None:
    known = {f"metadata.{name}": value for name, value in thing.metadata.items()}
    if not isinstance(thing, Intent) and thing.intent_id:
        known["payment_intent"] = thing.intent_id

    def write() -> None:
        with transaction():
            statement_lines.keep_gateway_line(
                thing.id,
                account=GATEWAY,
                amount=moved,
                asked=thing.amount,
                currency=thing.currency.upper(),
                state=thing.status[:40],
                detail=json.dumps(known, ensure_ascii=False),
                transacted_at=thing.created_at,
            )

    retrying(write)
