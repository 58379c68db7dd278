"""The traders of the demonstration, one per stall: all of them invented, with their names, addresses and numbers."""

from dataclasses import dataclass

from marketplace.accounts import services as accounts
from marketplace.accounts.passwords import hash_password
from marketplace.core.db import transaction
from marketplace.core.roles import Role
from marketplace.stalls.models import Stall
from seeds.demo.people import PASSWORD

_FAMILY = ("Nguyễn Thị", "Trần Thị", "Lê Văn", "Phạm Thị", "Hoàng Văn", "Võ Thị", "Đặng Văn")
_GIVEN = ("Minh Họa Sen", "Minh Họa Tám", "Minh Họa Ba", "Minh Họa Lúa", "Minh Họa Gạo")
#: Log-ins of the stalls, by position of the market: ``sap3@cho.example``, ``pho3@cho.example``.
_ADDRESSES = ("sap", "pho")


@dataclass(frozen=True)
class Trader:
    """Who sells at one stall: ``number`` counts from 1, ``market`` from 0."""

    market: int
    number: int

    @property
    def name(self) -> str:
        """An invented name that says so."""
        turn = self.number + 16 * self.market
        return f"{_FAMILY[turn % len(_FAMILY)]} {_GIVEN[turn % len(_GIVEN)]}"

    @property
    def email(self) -> str:
        """What to sign in with."""
        return f"{_ADDRESSES[self.market]}{self.number}@cho.example"

    @property
    def phone(self) -> str:
        """0900 000 1xx or 2xx: so many zeros that nobody takes it for somebody's number."""
        return f"+84900000{self.market + 1}{self.number:02d}"


def give_traders(market: int, rows: list[Stall], *, but: set[int], actor_id: int) -> None:
    """An account that may sell at each of the stalls of a market, except those with a trader already (ids ``but``)."""
    hashed = hash_password(PASSWORD)
    with transaction():
        for number, stall in enumerate(rows, start=1):
            if stall.id in but:
                continue
            trader = Trader(market, number)
            user = accounts.register_person(
                name=trader.name, password_hash=hashed, email=trader.email, phone=trader.phone, is_illustrative=True
            )
            accounts.grant_role(user.id, Role.VENDOR, subject_id=stall.id, actor_id=actor_id)
