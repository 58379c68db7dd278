"""What traders and the market's management do beside selling: closings, a foreign code, money without a code, fees."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from marketplace.accounts.queries import find_user_by_identifier
from marketplace.core import clock, vietqr
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.payments import flows as payments
from marketplace.stalls import queries
from marketplace.stalls import services as stalls
from marketplace.stalls.models import MarketFee, Means, Shift, Stall
from marketplace.stalls.services import BankAccount, ReadAccount
from seeds.demo.sandbox import Bank
from seeds.demo.timeline import Timeline
from seeds.demo.traders import Trader

_BIN, _STRANGER = "999999", "0666000666"
#: Stalls of the first market whose traders named an account that waits: another one, and a first one.
_NAMED = {5: "2099000512", 13: "2099001313"}
_FEE, _SUM, _SHORT = Dong(150_000), Dong(45_000), Dong(20_000)
#: The trader of the log-in was short so many days ago.
_SHORT_DAYS_AGO = 7


@dataclass
class StallDays:
    """Puts the days of the first market on the line; ``vendors_stall`` is the one of the trader's log-in."""

    line: Timeline
    bank: Bank
    members: dict[str, int]
    stalls: list[Stall]
    vendors_stall: int

    def fill(self, days: int) -> None:
        """Closings of every evening but the last; the rest in the days before the end."""
        for back in range(days, 1, -1):
            midnight, _end = clock.local_day(clock.local_day_of(self.line.end - timedelta(days=back)))
            self.line.at(midnight + timedelta(hours=18), partial(self._close_all, back))
        self.line.at(self.line.end - timedelta(days=20), self._set_fees)
        self.line.at(self.line.end - timedelta(days=1), self._find_foreign_code)
        self.line.at(self.line.end - timedelta(hours=3), self._name_accounts)
        self.line.at(self.line.end - timedelta(minutes=40), partial(self._sell, "rung-up-in-cash", Means.CASH))
        self.line.at(self.line.end - timedelta(minutes=12), partial(self._sell, "awaiting", Means.QR))
        at = self.line.end - timedelta(minutes=10)
        self.line.at(at, partial(self._pay_printed_code, at))

    def _close_all(self, back: int) -> None:
        for shift in db.session.scalars(select(Shift).where(Shift.closed_at.is_(None))).all():
            found = queries.so_far(shift)
            is_own = shift.stall_id == self.vendors_stall
            is_short = is_own and back <= _SHORT_DAYS_AGO and found.expected_cash > _SHORT
            self._close(shift, found, _SHORT if is_short else Dong(0), self.members["vendor"] if is_own else None)

    def _close(self, shift: Shift, found: queries.ShiftSoFar, short: Dong, actor_id: int | None) -> None:
        counted = Dong(found.expected_cash - short)
        stall_id, shift_id, reason = shift.stall_id, shift.id, "Thối nhầm tiền cho khách" if short else ""
        with transaction():
            stalls.close_shift(
                stall_id, shift_id, up_to=found.up_to, counted_cash=counted, reason=reason, actor_id=actor_id
            )

    def _find_foreign_code(self) -> None:
        with transaction():
            payload = vietqr.build(_BIN, _STRANGER)
            stalls.check_sticker(
                self.stalls[2].id, payload=payload, typed=ReadAccount(None, None), actor_id=self.members["manager"]
            )

    def _name_accounts(self) -> None:
        for number, account in _NAMED.items():
            stall_id, trader = self.stalls[number - 1].id, Trader(0, number)
            person = find_user_by_identifier(trader.email)
            if person is None:  # every stall of the demonstration has its trader
                raise LookupError(trader.email)
            with transaction():
                named = BankAccount(_BIN, account, trader.name)
                stalls.name_account(stall_id, named, actor_id=person.id, by_trader=True)

    def _sell(self, name: str, means: Means) -> None:
        with transaction():
            stalls.take_sale(
                self.vendors_stall,
                client_id=f"demonstration-{name}",
                amount=_SUM,
                means=means,
                vendor_id=self.members["vendor"],
                is_illustrative=True,
            )

    def _pay_printed_code(self, at: datetime) -> None:
        stall = db.session.get_one(Stall, self.vendors_stall)
        self._pay(str(stall.bank_account), _SUM, "tien trai cay", at)

    def _set_fees(self) -> None:
        month, market = clock.today().replace(day=1), queries.get_stall(self.stalls[0].id).market
        due_on, manager = clock.add_months(month, 1), self.members["manager"]
        with transaction():
            fees = stalls.set_fees(market, self.stalls, period=month, amount=_FEE, due_on=due_on, actor_id=manager)
            asked = [(fee.id, str(fee.payment.payee_account), str(fee.payment.transfer_code)) for fee in fees]
        for _fee_id, account, code in asked[:5]:
            self._pay(account, _FEE, f"{code} phi cho", clock.now())
        for number, (fee_id, _account, _code) in enumerate(asked[5:8], start=1):
            with transaction():
                fee = db.session.get_one(MarketFee, fee_id)
                stalls.take_fee_in_cash(fee, receipt_number=f"BL-{number:03d}", actor_id=manager)

    def _pay(self, account: str, amount: Dong, memo: str, at: datetime) -> None:
        movement = self.bank.pay(
            bank_bin=_BIN, account=account, amount=amount, memo=memo, at=at, payer="KHACH MUA MINH HOA"
        )
        payments.apply_bank_notice(json.dumps(movement).encode())
