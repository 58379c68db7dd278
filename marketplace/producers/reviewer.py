"""Who decides about producers, certificates and products: an operator anywhere, a province officer at home."""

from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.core.roles import Role, Scope


@dataclass(frozen=True)
class Reviewer:
    """A person who may decide, as a value for services. ``province_ids`` are the officer's own provinces."""

    id: int
    is_operator: bool = False
    province_ids: frozenset[int] = frozenset()

    @classmethod
    def of(cls, person_id: int, scopes: Iterable[Scope]) -> "Reviewer":
        """The reviewer that a person with these grants is; one without any fitting grant may decide nothing."""
        held = tuple(scopes)
        provinces = (scope.unit_id for scope in held if scope.role == Role.PROVINCE_OFFICER)
        return cls(
            id=person_id,
            is_operator=any(scope.role == Role.OPERATOR for scope in held),
            province_ids=frozenset(unit_id for unit_id in provinces if unit_id is not None),
        )

    def may_act_in(self, province_id: int | None) -> bool:
        """Whether the person may decide there: operators everywhere, officers in the own provinces."""
        return self.is_operator or self.is_officer_of(province_id)

    def is_officer_of(self, province_id: int | None) -> bool:
        """Whether the person holds the office of that province."""
        return province_id is not None and province_id in self.province_ids
