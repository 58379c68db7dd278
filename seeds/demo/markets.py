"""Two invented markets where real pilots stand, stalls, two months of sales, and figures that officers declared."""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from marketplace.accounts import services as accounts
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.payments import flows as payments
from marketplace.places.queries import find_unit, get_unit_by_code
from marketplace.programme import services as programme
from marketplace.programme.areas import Area
from marketplace.programme.figures import FigureKey
from marketplace.stalls import queries
from marketplace.stalls import services as stalls
from marketplace.stalls.models import Market, MarketKind, Means, Sale, Stall
from marketplace.stalls.services import BankAccount
from seeds.demo.sandbox import Bank
from seeds.demo.timeline import Timeline
from seeds.demo.traders import Trader, give_traders

_BIN = "999999"
_GOODS = ("Rau củ", "Cá, tôm", "Thịt", "Trái cây", "Gạo, đậu", "Bánh, xôi", "Tạp hóa", "Vải vóc", "Hoa tươi")
#: Typical sums at a market stall, in dong.
_SUMS = (12_000, 18_000, 25_000, 30_000, 45_000, 60_000, 85_000, 120_000, 210_000)


@dataclass(frozen=True)
class MarketPlan:
    """How one market of the demonstration is to be: stalls in all, those with a QR, sales a day."""

    name: str
    kind: MarketKind
    commune: str
    former_commune: str
    stalls: int
    with_qr: int
    sales_a_day: int
    cashless_percent: int
    collects_fees_cashless: bool


#: Thoại Sơn holds the pilot Thoại Giang; Vô Tranh holds the pilot Tức Tranh (decision 969/QĐ-BNN-VPĐP).
MARKETS = (
    MarketPlan("Chợ Minh Họa Thoại Giang", MarketKind.MARKET, "30682", "30721", 16, 12, 4, 45, True),
    MarketPlan("Tuyến phố Minh Họa Tức Tranh", MarketKind.STREET, "05641", "05641", 10, 8, 2, 60, False),
)


def open_markets(members: dict[str, int]) -> list[tuple[MarketPlan, list[Stall]]]:
    """The markets with their stalls and traders; the log-ins of vendor and manager belong to the first one."""
    opened: list[tuple[MarketPlan, list[Stall]]] = []
    for plan in MARKETS:
        with transaction():
            market = _market(plan, members["operator"])
            traders = [Trader(len(opened), number) for number in range(1, plan.stalls + 1)]
            rows = [_stall(market, plan, trader, members["operator"]) for trader in traders]
            _verify_accounts(market, members["approver" if opened else "manager"])  # the street has no manager
        opened.append((plan, rows))
    with transaction():
        first_stalls = opened[0][1]
        vendors_stall, market_id = vendors_stall_of(first_stalls), first_stalls[0].market_id
        accounts.grant_role(members["vendor"], Role.VENDOR, subject_id=vendors_stall.id, actor_id=members["operator"])
        accounts.grant_role(members["manager"], Role.MARKET_MANAGER, subject_id=market_id, actor_id=members["operator"])
    for position, (_plan, rows) in enumerate(opened):
        give_traders(position, rows, but={vendors_stall.id}, actor_id=members["operator"])
    return opened


def vendors_stall_of(first_stalls: list[Stall]) -> Stall:
    """The stall of the trader's log-in, in the first market."""
    return first_stalls[min(11, len(first_stalls) - 1)]


def _market(plan: MarketPlan, operator_id: int) -> Market:
    return stalls.open_market(
        kind=plan.kind,
        name=plan.name,
        commune=get_unit_by_code(plan.commune),
        former_commune=find_unit(plan.former_commune, vintage="pre-2025"),
        collects_fees_cashless=plan.collects_fees_cashless,
        actor_id=operator_id,
        is_illustrative=True,
    )


def _stall(market: Market, plan: MarketPlan, trader: Trader, operator_id: int) -> Stall:
    number = trader.number
    goods = _GOODS[number % len(_GOODS)]
    has_qr = number <= plan.with_qr
    account = BankAccount(_BIN, f"20{market.id:02d}{number:06d}", trader.name) if has_qr else None
    return stalls.open_stall(market, number=str(number), name=goods, goods=goods, bank=account, actor_id=operator_id)


def _verify_accounts(market: Market, actor_id: int) -> None:
    for account in queries.list_waiting_accounts(market.id):
        stalls.verify_account(account.id, actor_id=actor_id, number=account.account_number)


@dataclass
class MarketDays:
    """Puts the sales of two months on the line."""

    line: Timeline
    bank: Bank
    rng: random.Random
    number: int = 0

    def fill(self, opened: list[tuple[MarketPlan, list[Stall]]], days: int) -> None:
        """Sales of the ``days`` before the end."""
        for back in range(days, 0, -1):
            midnight, _end = clock.local_day(clock.local_day_of(self.line.end - timedelta(days=back)))
            for plan, rows in opened:
                for _ in range(plan.sales_a_day):
                    moment = midnight + timedelta(minutes=self.rng.randrange(5 * 60 + 30, 11 * 60))
                    self.line.at(moment, partial(self._sale, plan, self.rng.choice(rows).id, moment))

    def _sale(self, plan: MarketPlan, stall_id: int, moment: datetime) -> None:
        self.number += 1
        stall = db.session.get_one(Stall, stall_id)
        cashless = stall.bank_account is not None and self.rng.randrange(100) < plan.cashless_percent
        with transaction():
            sale = stalls.take_sale(
                stall_id,
                client_id=f"demonstration-{self.number:05d}",
                amount=Dong(self.rng.choice(_SUMS)),
                means=Means.QR if cashless else Means.CASH,
                vendor_id=None,
                is_illustrative=True,
            )
        if cashless:
            at = moment + timedelta(seconds=25)
            self.line.at(at, partial(self._transfer, sale.id, at))

    def _transfer(self, sale_id: int, at: datetime) -> None:
        payment = db.session.get_one(Sale, sale_id).payment
        if payment is None:
            return
        movement = self.bank.pay(
            bank_bin=str(payment.payee_bin),
            account=str(payment.payee_account),
            amount=payment.amount,
            memo=f"{payment.transfer_code} mua hang",
            at=at,
            payer="KHACH MUA MINH HOA",
        )
        payments.apply_bank_notice(json.dumps(movement).encode())


_SOURCE = "Số liệu minh họa cho bản trình diễn, không phải thống kê thật"
_DECLARED = (
    (FigureKey.PRODUCER_UNITS, 8),
    (FigureKey.GOODS_VALUE, 2_400_000_000),
    (FigureKey.COOPERATIVE_GOODS_VALUE, 600_000_000),
)


def declare_figures(opened: list[tuple[MarketPlan, list[Stall]]], officer_id: int) -> None:
    """What the officers of the two communes declared, as of the clock's present: invented, and says so."""
    with transaction():
        for plan, rows in opened:
            area = Area(get_unit_by_code(plan.commune))
            for key, value in _DECLARED:
                _declare(area, key, value, officer_id)
            _declare(area, FigureKey.TRADERS, plan.stalls + 4, officer_id, market_id=rows[0].market_id)


def _declare(area: Area, key: FigureKey, value: int, officer_id: int, *, market_id: int | None = None) -> None:
    programme.declare_figure(
        area,
        key,
        value=value,
        counted_on=clock.today(),
        source=_SOURCE,
        actor_id=officer_id,
        market_id=market_id,
        is_illustrative=True,
    )
