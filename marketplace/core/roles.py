"""Who may do what: the roles of the house and the scope in which a person holds one."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A role is granted, never assumed; every signed-in person is a buyer."""

    BUYER = "buyer"
    PRODUCER = "producer_member"
    VENDOR = "stall_vendor"
    MARKET_MANAGER = "market_manager"
    COMMUNE_OFFICER = "commune_officer"
    PROVINCE_OFFICER = "province_officer"
    OPERATOR = "operator"


#: Roles that must show a second factor at sign-in (ASVS 6.3.3).
SECOND_FACTOR_ROLES = frozenset({Role.COMMUNE_OFFICER, Role.PROVINCE_OFFICER, Role.OPERATOR})

#: Everybody who works here; all others only buy.
WORKERS = frozenset(Role) - {Role.BUYER}

OFFICERS = (Role.COMMUNE_OFFICER, Role.PROVINCE_OFFICER)


@dataclass(frozen=True)
class Scope:
    """One grant as the rest of the house sees it.

    ``unit_id`` is the administrative unit of an officer; ``subject_id`` the producer, stall or market of a
    producer member, stall vendor or market manager; both are None for an operator or buyer.
    """

    role: Role
    unit_id: int | None = None
    subject_id: int | None = None
