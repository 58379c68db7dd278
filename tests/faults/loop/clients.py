"""Buyers and traders who keep sending until they are answered, and remember every answer."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.checkout.buying import THOAI_SON
from tests.proof.outside import BANK_KEY, OURS

#: Seconds after which somebody who is not answered gives up, and with him the test.
PATIENCE = 90
_DELIVERY = {
    "contact_name": "Nguyễn Thị Lan",
    "contact_phone": "0912345678",
    "commune": THOAI_SON,
    "address_line": "12 đường Nguyễn Huệ",
}


@dataclass
class Acknowledged:
    """What people were told was done: they rely on it."""

    #: By number: the total in dong.
    orders: dict[str, int] = field(default_factory=dict)
    #: Numbers of orders of which somebody was told that they are paid.
    paid: set[str] = field(default_factory=set)
    #: By the id that the phone made: amount.
    sales: dict[str, int] = field(default_factory=dict)
    #: By the bank's reference: the number of the order that was paid by it.
    transfers: dict[str, str] = field(default_factory=dict)
    #: Answers that nobody should get, whatever is killed.
    troubles: list[str] = field(default_factory=list)

    def count(self) -> int:
        """How many things were acknowledged."""
        return len(self.orders) + len(self.sales) + len(self.transfers)


@dataclass(frozen=True)
class Place:
    """Where people go, and what is for sale there."""

    url: str
    sandbox_url: str
    packs: tuple[int, int]
    stall_id: int
    trader_token: str


class Crowd:
    """People in threads of their own; ``people`` are functions of this module, done again and again, or ``once``."""

    def __init__(
        self, place: Place, people: Sequence[Callable[["Person"], None]], *, seed: int, once: bool = False
    ) -> None:
        self.told, self._once = Acknowledged(), once
        self._goes_home = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, args=(Person(place, self.told, random.Random(f"{seed}-{n}")), errand))
            for n, errand in enumerate(people)
        ]

    def start(self) -> None:
        """Everybody begins."""
        for thread in self._threads:
            thread.start()

    def send_home(self) -> None:
        """Everybody ends what he has begun, then goes."""
        self._goes_home.set()
        for thread in self._threads:
            thread.join()

    def _live(self, person: "Person", errand: Callable[["Person"], None]) -> None:
        while not self._goes_home.is_set() and not self.told.troubles:
            try:
                errand(person)
            except Exception as error:  # a thread's end would go unseen
                self.told.troubles.append(f"{errand.__name__}: {error!r}")
            if self._once:
                return


class Person:
    """Somebody with a phone that tries again until an answer comes."""

    def __init__(self, place: Place, told: Acknowledged, chance: random.Random) -> None:
        self.place, self.told, self.chance = place, told, chance
        self._session = requests.Session()

    def ask(self, method: str, url: str, **options: Any) -> requests.Response:
        """The first answer to a request; the same request again while there is none or only "try again later"."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self._session.request(method, url, timeout=20, **options)
            except requests.RequestException:
                time.sleep(0.1)  # nobody is there
                continue
            if answer.status_code in (409, 503) and answer.headers.get("Retry-After"):
                time.sleep(0.2)  # busy
                continue
            if answer.status_code >= 500:
                self.told.troubles.append(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
            return answer
        raise TimeoutError(f"{method} {url}")

    def has(self, answer: requests.Response, status: int) -> bool:
        """Whether an answer is what was hoped for; anything else but a refusal by the stock is noted."""
        if answer.status_code == status:
            return True
        if answer.status_code != 409:
            self.told.troubles.append(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:300]}")
        return False


def buyer(person: Person) -> None:
    """Fill a cart, order, pay by card or by transfer; now and then send the order again although it was answered."""
    _buy(person, by_card=person.chance.random() < 0.4, sends=1 + (person.chance.random() < 0.2))


def card_buyer(person: Person) -> None:
    """The same, always by card, and content with one answer: the shop may be gone after it."""
    _buy(person, by_card=True, sends=1)


def _buy(person: Person, *, by_card: bool, sends: int) -> None:
    place = person.place
    api = f"{place.url}/api/v1"
    cart = {"X-Cart-Token": person.ask("POST", f"{api}/cart").json()["token"]}
    for pack_id in person.chance.sample(place.packs, 2):
        wanted = {"pack_id": pack_id, "quantity": 1}
        if not person.has(person.ask("POST", f"{api}/cart/items", json=wanted, headers=cart), 200):
            return
    quote = person.ask("GET", f"{api}/cart", headers=cart).json()["quote"]
    paying = {"payment_method": "card", "card": "pm_card_visa"} if by_card else {"payment_method": "vietqr"}
    headers = {**cart, "Idempotency-Key": uuid.UUID(int=person.chance.getrandbits(128)).hex}
    form = {**_DELIVERY, **paying, "quote": quote}
    for _ in range(sends):
        answer = person.ask("POST", f"{api}/orders", json=form, headers=headers)
        if not person.has(answer, 201):
            return
        placed = answer.json()
        _remember(person, placed["order"])
    if not by_card:
        _transfer(person, placed)


def trader(person: Person) -> None:
    """Take a sale at the stall; now and then send it again although it was answered."""
    client_id = str(uuid.UUID(int=person.chance.getrandbits(128), version=4))
    sale = {
        "stall_id": person.place.stall_id,
        "client_id": client_id,
        "amount": 1000 * person.chance.randint(5, 90),
        "means": person.chance.choice(["cash", "cash", "qr"]),
    }
    token = {"Authorization": f"Bearer {person.place.trader_token}"}
    for _ in range(1 + (person.chance.random() < 0.2)):
        if person.has(person.ask("POST", f"{person.place.url}/api/v1/sales", json=sale, headers=token), 201):
            person.told.sales[client_id] = sale["amount"]


def _remember(person: Person, placed: dict[str, Any]) -> None:
    known = person.told.orders.setdefault(placed["number"], placed["total"])
    if known != placed["total"]:
        person.told.troubles.append(f"{placed['number']} cost {known} and costs {placed['total']}")
    if placed["state"] == "paid":
        person.told.paid.add(placed["number"])


def _transfer(person: Person, placed: dict[str, Any]) -> None:
    number, due = placed["order"]["number"], placed["payment"]
    order = {
        "bin": OURS.bin,
        "account": OURS.account,
        "amount": due["amount"],
        "memo": due["code"],
        "client_id": f"pay-{number}",
    }
    answer = person.ask(
        "POST",
        f"{person.place.sandbox_url}/bank/v1/transfers",
        json=order,
        headers={"Authorization": f"Bearer {BANK_KEY}"},
    )
    if person.has(answer, 201):
        person.told.transfers[answer.json()["bank_reference"]] = number
