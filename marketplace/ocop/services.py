"""Recording what councils and ministries decided. A producer never writes here, nor does a commune officer."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from marketplace.audit import services as audit
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Forbidden, Invalid
from marketplace.core.text import fold
from marketplace.ocop import queries, rules
from marketplace.ocop.models import (
    AuthorityLevel,
    Certificate,
    CertificateEvent,
    CertificateState,
    OcopProduct,
    ProductGroup,
)
from marketplace.producers.queries import province_id_of
from marketplace.producers.reviewer import Reviewer


@dataclass(frozen=True)
class Decision:
    """What stands in a decision about one product. ``stars`` are those that count now: a potential 5 is a 4."""

    stars: int
    number: str
    decided_on: date
    authority_level: AuthorityLevel
    authority_name: str
    authority_unit_id: int | None = None
    #: Points out of 100; None where the decision does not tell.
    score: Decimal | None = None
    is_potential_five_star: bool = False
    #: Day from which the certificate counts; None: the day of the decision.
    issued_on: date | None = None

    @property
    def starts_on(self) -> date:
        """First day of the certificate."""
        return self.issued_on or self.decided_on


def recognise_product(
    producer_id: int,
    *,
    name: str,
    group: ProductGroup,
    commune_id: int,
    by: Reviewer,
    is_alcohol: bool = False,
    former_commune_id: int | None = None,
    source_url: str | None = None,
) -> OcopProduct:
    """Add a product as the programme knows it; stars come with its first certificate.

    Raises ``Forbidden`` outside the officer's province, ``Invalid`` (``alcohol_is_drink``) for alcohol that is none,
    and (``ocop_product_exists``) when the producer has one of that name.
    """
    if not by.may_act_in(province_id_of(commune_id)):
        raise Forbidden("province_officer_needed")
    if is_alcohol and group != ProductGroup.DRINK:
        raise Invalid("alcohol_is_drink", field="is_alcohol")
    same = select(OcopProduct.id).where(OcopProduct.producer_id == producer_id, OcopProduct.name_fold == fold(name))
    if any(found.name == name for found in map(queries.get_ocop_product, db.session.scalars(same))):
        raise Invalid("ocop_product_exists", field="name")
    product = OcopProduct(
        producer_id=producer_id,
        name=name,
        name_fold=fold(name)[:200],
        group=group,
        is_alcohol=is_alcohol,
        commune_id=commune_id,
        former_commune_id=former_commune_id,
        source_url=source_url,
    )
    db.session.add(product)
    db.session.flush()
    audit.record("ocop.product_recognised", object_type="ocop_product", object_id=product.id, actor_id=by.id)
    return product


def product_of_producer(producer_id: int, ocop_product_id: int) -> OcopProduct:
    """A recognised product, once it is that producer's. Raises ``Invalid`` (``ocop_product_not_found``)."""
    for product in queries.list_products_of(producer_id):
        if product.id == ocop_product_id:
            return product
    raise Invalid("ocop_product_not_found", field="ocop_product")


def record_certificate(
    ocop_product_id: int,
    decision: Decision,
    *,
    by: Reviewer,
    evidence_id: int | None = None,
    supersedes_id: int | None = None,
    is_illustrative: bool = False,
) -> Certificate:
    """Write down an awarded certificate: 36 calendar months under the rules of the decision's day.

    A province's officer records 3 and 4 stars of the own province, an operator 5 stars on the ministry's decision.
    ``supersedes_id`` names the certificate of the same product that ends where this one begins.

    Raises ``Forbidden`` for anybody else; ``Invalid`` with ``stars_not_awardable``, ``score_disagrees``,
    ``authority_level_wrong``, ``decision_date_wrong``, ``issue_date_wrong``, ``certificate_exists`` (same product,
    number and day) or ``certificate_overlaps``.
    """
    product = _locked_product(ocop_product_id)
    _check(decision)
    _check_recorder(product, decision.stars, by)
    return _award(
        _new(product, decision, by, evidence_id, is_illustrative), by=by, supersedes_id=supersedes_id, former=None
    )


def propose_certificate(
    ocop_product_id: int, decision: Decision, *, by: Reviewer, evidence_id: int | None = None
) -> Certificate:
    """Lay a decision before the one who may award it: an officer of the province proposes what the operator awards.

    Counts for nothing until then. Raises what ``record_certificate`` raises, overlaps apart.
    """
    product = _locked_product(ocop_product_id)
    _check(decision)
    if not by.may_act_in(province_id_of(product.commune_id)):
        raise Forbidden("province_officer_needed")
    certificate = _new(product, decision, by, evidence_id, is_illustrative=False)
    certificate.state = CertificateState.PROPOSED
    db.session.add(certificate)
    db.session.flush()
    _note(certificate, None, "", by)
    return certificate


def enter_certificate(
    ocop_product_id: int, decision: Decision, *, by: Reviewer, evidence_id: int | None, replaces_present: bool
) -> Certificate:
    """Write a decision down as far as the person may: five stars of a province's officer are proposed, all else counts.

    ``replaces_present`` ends the certificate that counts today where this one begins. Raises what
    ``record_certificate`` raises.
    """
    if decision.stars == rules.HIGHEST_STARS and not by.is_operator:
        return propose_certificate(ocop_product_id, decision, by=by, evidence_id=evidence_id)
    older = _present(ocop_product_id) if replaces_present else None
    return record_certificate(ocop_product_id, decision, by=by, evidence_id=evidence_id, supersedes_id=older)


def award_certificate(certificate_id: int, *, by: Reviewer, replaces_present: bool = False) -> Certificate:
    """Make a proposed certificate count; ``replaces_present`` ends the one that counts today.

    Raises ``Forbidden``, and ``Conflict`` when it is proposed no longer.
    """
    certificate = queries.get_certificate(certificate_id)
    product = _locked_product(certificate.ocop_product_id)
    db.session.refresh(certificate)
    _check_recorder(product, certificate.stars, by)
    if certificate.state != CertificateState.PROPOSED:
        raise Conflict("certificate_state")
    older = _present(product.id) if replaces_present else None
    return _award(certificate, by=by, supersedes_id=older, former=CertificateState.PROPOSED)


def withdraw_certificate(certificate_id: int, *, by: Reviewer, reason: str, ended_on: date | None = None) -> None:
    """Take a certificate back from ``ended_on`` (default today) on; products under it leave every list that day.

    Raises ``Forbidden``, ``Invalid`` (``reason_needed``, ``end_date_wrong``) and ``Conflict`` (``certificate_state``).
    """
    certificate = queries.get_certificate(certificate_id)
    product = _locked_product(certificate.ocop_product_id)
    db.session.refresh(certificate)
    _check_recorder(product, certificate.stars, by)
    if not reason.strip():
        raise Invalid("reason_needed", field="reason")
    if certificate.state != CertificateState.AWARDED:
        raise Conflict("certificate_state")
    last = clock.today()
    ended_on = ended_on or last
    if not certificate.issued_on <= ended_on <= last + timedelta(days=90):
        raise Invalid("end_date_wrong", field="ended_on")
    _end(certificate, CertificateState.WITHDRAWN, ended_on, reason.strip(), by)


def _award(
    certificate: Certificate, *, by: Reviewer, supersedes_id: int | None, former: CertificateState | None
) -> Certificate:
    if supersedes_id is not None:
        _supersede(supersedes_id, certificate, by)
    overlapping = queries.find_overlap(certificate.ocop_product_id, certificate.issued_on, certificate.expires_on)
    if overlapping is not None:
        raise Invalid(
            "certificate_overlaps",
            field="replaces",
            number=overlapping.decision_number,
            until=f"{overlapping.last_day:%d/%m/%Y}",
        )
    certificate.state = CertificateState.AWARDED
    db.session.add(certificate)
    db.session.flush()
    _note(certificate, former, "", by)
    return certificate


def _present(ocop_product_id: int) -> int | None:
    certificate = queries.valid_certificate(ocop_product_id, clock.today())
    return certificate.id if certificate else None


def _supersede(certificate_id: int, newer: Certificate, by: Reviewer) -> None:
    older = queries.get_certificate(certificate_id)
    if older.ocop_product_id != newer.ocop_product_id or older.state != CertificateState.AWARDED:
        raise Conflict("certificate_state")
    if not older.issued_on < newer.issued_on:
        raise Invalid("issue_date_wrong", field="issued_on")
    _end(older, CertificateState.SUPERSEDED, newer.issued_on, newer.decision_number, by)


def _end(certificate: Certificate, state: CertificateState, ended_on: date, reason: str, by: Reviewer) -> None:
    former = certificate.state
    certificate.state, certificate.ended_on, certificate.end_reason = state, ended_on, reason
    db.session.flush()
    _note(certificate, former, reason, by)


def _check(decision: Decision) -> None:
    """What can be told from the decision alone."""
    rule_set = rules.find_rule_set(decision.decided_on)
    if rule_set is None or decision.decided_on > clock.today():
        raise Invalid("decision_date_wrong", field="decided_on")
    if not decision.decided_on <= decision.starts_on <= decision.decided_on + timedelta(days=366):
        raise Invalid("issue_date_wrong", field="issued_on")
    if not rules.LOWEST_STARS <= decision.stars <= rules.HIGHEST_STARS:
        raise Invalid("stars_not_awardable", field="stars")
    if decision.authority_level != rule_set.authority[decision.stars]:
        raise Invalid(
            "authority_level_wrong", field="authority_level", rules=rule_set.decision_number, stars=decision.stars
        )
    if decision.is_potential_five_star and decision.stars != 4:
        raise Invalid("potential_sells_as_four", field="stars")
    if decision.score is not None and not _score_agrees(decision.score, decision):
        raise Invalid("score_disagrees", field="score", stars=decision.stars)


def _score_agrees(score: Decimal, decision: Decision) -> bool:
    if decision.is_potential_five_star:
        return score >= rules.POTENTIAL_FIVE_STAR_SCORE
    return rules.stars_of(score) == decision.stars


def _check_recorder(product: OcopProduct, stars: int, by: Reviewer) -> None:
    if stars == rules.HIGHEST_STARS:
        if not by.is_operator:
            raise Forbidden("operator_needed")
    elif not by.is_officer_of(province_id_of(product.commune_id)):
        raise Forbidden("province_officer_needed")


def _new(
    product: OcopProduct, decision: Decision, by: Reviewer, evidence_id: int | None, is_illustrative: bool
) -> Certificate:
    same = select(Certificate.id).where(
        Certificate.ocop_product_id == product.id,
        Certificate.decision_number == decision.number,
        Certificate.decided_on == decision.decided_on,
    )
    if db.session.scalars(same).first() is not None:
        raise Invalid("certificate_exists", field="decision_number")
    rule_set = rules.find_rule_set(decision.decided_on)
    if rule_set is None:
        raise Invalid("decision_date_wrong", field="decided_on")
    return Certificate(
        ocop_product_id=product.id,
        rule_set=rule_set.code,
        score=decision.score,
        stars=decision.stars,
        is_potential_five_star=decision.is_potential_five_star,
        decision_number=decision.number,
        decided_on=decision.decided_on,
        authority_level=decision.authority_level,
        authority_name=decision.authority_name,
        authority_unit_id=decision.authority_unit_id,
        issued_on=decision.starts_on,
        expires_on=rules.expiry_of(decision.starts_on),
        evidence_id=evidence_id,
        is_illustrative=is_illustrative,
        recorded_by_id=by.id,
        recorded_at=clock.now(),
    )


def _locked_product(ocop_product_id: int) -> OcopProduct:
    """The product's row, held until the end of the transaction: certificates of one product come one by one."""
    queries.get_ocop_product(ocop_product_id)
    locked = select(OcopProduct).where(OcopProduct.id == ocop_product_id).with_for_update(of=OcopProduct)
    return db.session.scalars(locked).one()


def _note(certificate: Certificate, former: CertificateState | None, reason: str, by: Reviewer) -> None:
    db.session.add(
        CertificateEvent(
            certificate_id=certificate.id,
            from_state=former,
            to_state=certificate.state,
            reason=reason,
            actor_id=by.id,
            at=clock.now(),
        )
    )
    db.session.flush()
    audit.record(
        "certificate.state",
        object_type="certificate",
        object_id=certificate.id,
        actor_id=by.id,
        from_state=former,
        to_state=certificate.state,
        stars=certificate.stars,
    )
