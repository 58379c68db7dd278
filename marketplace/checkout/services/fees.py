"""The platform's fee: rules are added for days to come and never changed."""

from dataclasses import dataclass
from datetime import date

from marketplace.audit import services as audit
from marketplace.checkout.models import FeeRule
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.ocop.models import ProductGroup
from marketplace.producers.models import ProducerKind


@dataclass(frozen=True)
class NewRule:
    """A fee rule as asked for. Without kind or group it holds for all of them."""

    producer_kind: ProducerKind | None
    product_group: ProductGroup | None
    basis_points: int
    valid_from: date
    source: str


def add_fee_rule(rule: NewRule, *, actor_id: int | None) -> FeeRule:
    """Let the platform keep ``basis_points`` of goods settled from ``valid_from`` (Vietnam's calendar) on.

    Raises ``Invalid`` (``fee_rule_past``) for a day before today: what was sold was sold under its own rule. Sales
    that are settled already keep their rates, today's included.
    """
    if rule.valid_from < clock.today():
        raise Invalid("fee_rule_past", field="valid_from")
    row = FeeRule(
        producer_kind=rule.producer_kind,
        product_group=rule.product_group,
        basis_points=rule.basis_points,
        valid_from=rule.valid_from,
        source=rule.source,
        added_by_id=actor_id,
        added_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    audit.record(
        "fee_rule.added",
        object_type="fee_rule",
        object_id=row.id,
        actor_id=actor_id,
        basis_points=row.basis_points,
        valid_from=row.valid_from.isoformat(),
    )
    return row
