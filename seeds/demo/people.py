"""People of the demonstration and how they sign in. All of them are invented; addresses end in ``.example``."""

from dataclasses import dataclass

from marketplace.accounts import services as accounts
from marketplace.accounts.models import User
from marketplace.accounts.passwords import hash_password
from marketplace.core.db import transaction
from marketplace.core.roles import Role
from marketplace.places.queries import get_unit_by_code
from marketplace.producers.reviewer import Reviewer

PASSWORD = "lua-chin-vang-2026"  # noqa: S105  # shown on screen at the start; production has no demonstration
#: Fixed, so that the code shown at sign-in is the same for the whole team; base32 of nothing in particular.
_SECRETS = {
    Role.OPERATOR: "MNUG6Y3BNZUGC3THGIYDENQ2",
    Role.PROVINCE_OFFICER: "ORUW42DBNZTWSYLOM4ZDAMRW",
    Role.COMMUNE_OFFICER: "PBQXI2DPMFUXG33OGIYDENQ2",
}


@dataclass(frozen=True)
class DemoPerson:
    """One log-in: what to type, what it opens."""

    key: str
    email: str
    name: str
    role: Role
    what_to_try: str
    unit_code: str | None = None


PEOPLE = (
    DemoPerson("operator", "operator@cho.example", "Quản trị sàn", Role.OPERATOR, "the queues and unapplied money"),
    DemoPerson("approver", "duyetchi@cho.example", "Người duyệt chi", Role.OPERATOR, "approve a colleague's payouts"),
    DemoPerson(
        "province", "tinh@cho.example", "Cán bộ tỉnh An Giang", Role.PROVINCE_OFFICER, "record a certificate", "91"
    ),
    DemoPerson(
        "commune", "xa@cho.example", "Cán bộ xã Thoại Sơn", Role.COMMUNE_OFFICER, "the report of the commune", "30682"
    ),
    DemoPerson("producer", "htx@cho.example", "Kế toán cơ sở", Role.PRODUCER, "products, lots and orders to pack"),
    DemoPerson("neighbour", "coso@cho.example", "Chủ cơ sở láng giềng", Role.PRODUCER, "another producer's desk"),
    DemoPerson("vendor", "quay@cho.example", "Tiểu thương sạp 12", Role.VENDOR, "take a QR payment at the stall"),
    DemoPerson("manager", "bql@cho.example", "Ban quản lý chợ", Role.MARKET_MANAGER, "shares without turnovers"),
    DemoPerson("buyer", "nguoimua@cho.example", "Nguyễn Thị Mua", Role.BUYER, "order from two producers"),
)
_WITHOUT_SUBJECT = {Role.OPERATOR, Role.PROVINCE_OFFICER, Role.COMMUNE_OFFICER}


def load_people() -> dict[str, User]:
    """Everybody's account, with the grants that need nothing but a place; by key."""
    hashed = hash_password(PASSWORD)
    people: dict[str, User] = {}
    with transaction():
        for person in PEOPLE:
            user = accounts.register_person(
                name=person.name, password_hash=hashed, email=person.email, is_illustrative=True
            )
            secret = _SECRETS.get(person.role)
            if secret:
                accounts.enable_totp(user.id, secret=secret, step=0)
            if person.role in _WITHOUT_SUBJECT:
                unit = get_unit_by_code(person.unit_code) if person.unit_code else None
                accounts.grant_role(user.id, person.role, unit_id=unit.id if unit else None, actor_id=None)
            people[person.key] = user
    return people


def the_council(operator: User, province_ids: frozenset[int]) -> Reviewer:
    """Who decides in the demonstration: the operator, standing in for every province's officer."""
    return Reviewer(id=operator.id, is_operator=True, province_ids=province_ids)
