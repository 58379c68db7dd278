"""Producers: who may decide, with which reasons, and back to exactly where they were."""

import pytest
from sqlalchemy import select

from marketplace.accounts.models import Grant
from marketplace.audit.models import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from marketplace.core.roles import Role
from marketplace.producers import queries, services
from marketplace.producers.models import Producer, ProducerKind, ProducerState
from marketplace.producers.reviewer import Reviewer
from marketplace.producers.services import Profile
from tests.factories.accounts import UserFactory
from tests.factories.producers import ProducerFactory, commune, officer, operator, province

pytestmark = pytest.mark.usefixtures("context")


def profile(name: str = "Hợp tác xã Mật ong U Minh") -> Profile:
    return Profile(kind=ProducerKind.COOPERATIVE, name=name, commune_id=commune().id)


def test_registration_waits_and_makes_its_author_a_member() -> None:
    with transaction():
        person = UserFactory()
        producer = services.register_producer(profile(), actor_id=person.id, member_id=person.id)
    assert (producer.state, producer.slug) == (ProducerState.PENDING, "hop-tac-xa-mat-ong-u-minh")
    grant = db.session.scalars(select(Grant).where(Grant.user_id == person.id)).one()
    assert (grant.role, grant.subject_id) == (Role.PRODUCER, producer.id)
    assert [event.to_state for event in queries.list_events(producer.id)] == ["pending"]
    assert db.session.scalars(select(AuditEvent.action).where(AuditEvent.object_type == "producer")).all() == [
        "producer.state"
    ]


def test_two_of_one_name_have_two_addresses() -> None:
    with transaction():
        slugs = [services.register_producer(profile(), actor_id=None).slug for _ in range(3)]
        other = services.register_producer(profile("Hợp tác xã Mật ong U"), actor_id=None)
    assert slugs == ["hop-tac-xa-mat-ong-u-minh", "hop-tac-xa-mat-ong-u-minh-2", "hop-tac-xa-mat-ong-u-minh-3"]
    assert other.slug == "hop-tac-xa-mat-ong-u"


@pytest.mark.parametrize("former", [ProducerState.VERIFIED, ProducerState.PENDING])
def test_a_reinstated_producer_is_exactly_where_it_was(former: ProducerState) -> None:
    with transaction():
        by = operator(UserFactory().id)
        producer = ProducerFactory(state=former)
        services.suspend_producer(producer.id, by=by, reason="Khiếu nại chưa giải quyết")
        assert (producer.state, producer.state_before_suspension) == (ProducerState.SUSPENDED, former)
        services.reinstate_producer(producer.id, by=by, reason="Đã giải quyết")
    assert (producer.state, producer.state_before_suspension) == (former, None)
    steps = [(event.from_state, event.to_state, event.reason) for event in queries.list_events(producer.id)]
    assert steps == [
        (former, "suspended", "Khiếu nại chưa giải quyết"),
        ("suspended", former, "Đã giải quyết"),
    ]


@pytest.mark.parametrize("verb", [services.reject_producer, services.suspend_producer, services.reinstate_producer])
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_what_hurts_needs_a_reason(verb: object, reason: str) -> None:
    with transaction():
        suspended = verb is services.reinstate_producer
        producer = ProducerFactory(
            state=ProducerState.SUSPENDED if suspended else ProducerState.PENDING,
            state_before_suspension=ProducerState.VERIFIED if suspended else None,
        )
        by = operator(UserFactory().id)
    before = producer.state
    with pytest.raises(Invalid, match="reason_needed"), transaction():
        verb(producer.id, by=by, reason=reason)
    assert queries.get_producer(producer.id).state == before


def test_only_the_operator_decides() -> None:
    with transaction():
        producer = ProducerFactory(state=ProducerState.PENDING)
        person = UserFactory()
        nobody, of_the_province = Reviewer.of(person.id, []), officer(person.id)
    for by in (nobody, of_the_province):
        with pytest.raises(Forbidden, match="operator_needed"), transaction():
            services.verify_producer(producer.id, by=by)
    assert queries.get_producer(producer.id).state == ProducerState.PENDING
    with transaction():
        services.verify_producer(producer.id, by=operator(person.id))
    assert producer.state == ProducerState.VERIFIED


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (ProducerState.VERIFIED, services.verify_producer),
        (ProducerState.VERIFIED, services.reject_producer),
        (ProducerState.REJECTED, services.suspend_producer),
        (ProducerState.VERIFIED, services.reinstate_producer),
        (ProducerState.PENDING, services.reinstate_producer),
    ],
)
def test_other_steps_are_refused(state: ProducerState, verb: object) -> None:
    with transaction():
        producer = ProducerFactory(state=state)
        by = operator(UserFactory().id)
    with pytest.raises(Conflict, match="producer_state"), transaction():
        verb(producer.id, by=by, reason="x")
    assert queries.get_producer(producer.id).state == state


def test_a_verified_identity_stays() -> None:
    with transaction():
        actor = UserFactory()
        producer = ProducerFactory()
        same = Profile(kind=producer.kind, name=producer.name, commune_id=producer.commune_id, about="Mới")
        services.change_profile(producer, same, actor_id=actor.id)
    assert producer.about == "Mới"
    with pytest.raises(Conflict, match="producer_identity_fixed"), transaction():
        services.change_profile(queries.get_producer(producer.id), profile("Tên khác"), actor_id=actor.id)


def test_a_neighbour_answers_like_nobody() -> None:
    with transaction():
        own, neighbour = ProducerFactory(), ProducerFactory()
    assert queries.get_own_producer(own.id, {own.id}).id == own.id
    refusals = []
    for wanted in (neighbour.id, 999_999):
        with pytest.raises(NotFound) as caught:
            queries.get_own_producer(wanted, {own.id})
        refusals.append((caught.value.code, caught.value.facts))
    assert refusals[0] == refusals[1]


def test_only_trading_producers_are_listed() -> None:
    with transaction():
        shown = ProducerFactory(name="Cà phê Đắk Lắk")
        for state in (ProducerState.PENDING, ProducerState.REJECTED):
            ProducerFactory(state=state, name=f"Cà phê {state}")
        elsewhere = commune("00565", "Gia Lâm", above=province("01", "Hà Nội"))
        far = ProducerFactory(commune_id=elsewhere.id, name="Trà", kind=ProducerKind.COMPANY)

    def listed(**wishes: object) -> list[int]:
        return [found.id for found in queries.list_public_producers(**wishes).items]

    assert listed() == [shown.id, far.id]
    assert listed(q="ca phe dak") == [shown.id]
    assert listed(q="CÀ PHÊ ĐẮK") == [shown.id]
    assert listed(q="%") == [shown.id, far.id]
    assert listed(province="01") == [far.id]
    assert listed(kind=ProducerKind.COMPANY) == [far.id]
    first = queries.list_public_producers(limit=1)
    assert first.next == str(shown.id)
    assert listed(after=shown.id) == [far.id]


def test_a_hidden_producer_has_no_public_page() -> None:
    with transaction():
        producer: Producer = ProducerFactory(state=ProducerState.PENDING)
    with pytest.raises(DomainError, match="producer_not_found"):
        queries.get_public_producer(producer.slug)
