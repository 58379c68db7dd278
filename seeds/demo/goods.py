"""Producers, certificates, listings and lots: facts first, then what a shop needs and no source tells."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from marketplace.accounts import services as accounts
from marketplace.catalogue import services as catalogue
from marketplace.catalogue.content import Content, PackContent, PhotoContent, content_of
from marketplace.catalogue.models import Product
from marketplace.catalogue.trace_links import ParsedLink, parse_trace_link
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.core.roles import Role
from marketplace.core.text import fold
from marketplace.files import services as files
from marketplace.inventory import services as inventory
from marketplace.inventory.models import Lot
from marketplace.ocop import rules
from marketplace.ocop import services as ocop
from marketplace.ocop.models import AuthorityLevel, OcopProduct, ProductGroup
from marketplace.ocop.queries import valid_certificate
from marketplace.places.models import AdminUnit
from marketplace.places.queries import find_unit, get_unit_by_code
from marketplace.producers import services as producers
from marketplace.producers.models import Producer
from marketplace.producers.reviewer import Reviewer
from marketplace.producers.services import Profile
from seeds.demo.facts import COOPERATIVE, INVENTED, NEIGHBOUR, SUSPENDED, RecognisedProduct, read_facts
from seeds.demo.pictures import draw_picture

#: Every this many lapsed products one stays lapsed, so that the demonstration shows what that looks like.
_STAYS_LAPSED_EVERY = 7
_PORTALS = {"01": "https://check.hanoi.gov.vn/san-pham/"}
_NATIONAL_PORTAL = "https://truyxuat.gov.vn/minh-hoa/"


@dataclass
class Shelf:
    """What the loader made, for those who trade with it."""

    producers: dict[str, Producer] = field(default_factory=dict)
    listings: list[Product] = field(default_factory=list)


def load_goods(council: Reviewer, members: dict[str, int], *, own_pages: str) -> Shelf:
    """Producers to lots, as of the clock's present. ``members`` are user ids by demo key."""
    facts = [*INVENTED, *read_facts()]
    shelf = Shelf()
    lapsed = 0
    for number, fact in enumerate(facts):
        photo = files.prepare_picture(
            draw_picture(fold(fact.name), fact.group.value, number=number), shown_name=f"{fold(fact.name)}.jpg"
        )
        with transaction():
            producer = shelf.producers.get(fact.producer) or _producer(fact, council)
            shelf.producers[fact.producer] = producer
            recognised = _recognised(fact, producer, council)
            is_certified = _record_fact(fact, recognised, council)
            if not is_certified:
                lapsed += not fact.is_invented
                if fact.is_invented or lapsed % _STAYS_LAPSED_EVERY:
                    _renew(fact, recognised, council, number)
            kept = files.keep(photo)
            product = _list(fact, recognised, kept.sha256, council, number, own_pages)
            shelf.listings.append(product)
    _give_members(shelf, members)
    _awkward_states(shelf, council)
    return shelf


def _rng(fact: RecognisedProduct, purpose: str) -> random.Random:
    return random.Random(f"{purpose}:{fact.producer}:{fact.name}")


def _producer(fact: RecognisedProduct, council: Reviewer) -> Producer:
    commune = get_unit_by_code(fact.commune_code)
    rng = _rng(fact, "producer")
    who = "Minh họa: chủ thể không có thật" if fact.is_invented else "Chủ thể OCOP"
    profile = Profile(
        kind=fact.producer_kind,
        name=fact.producer,
        commune_id=commune.id,
        about=f"{who} tại {commune.full_name}, {fact.province_name}.",
        delivery_fee=Dong(rng.choice((15_000, 20_000, 25_000, 30_000))),
    )
    producer = producers.register_producer(
        profile, actor_id=council.id, former_commune_id=_former(fact), is_illustrative=fact.is_invented
    )
    producers.verify_producer(producer.id, by=council)
    return producer


def _former(fact: RecognisedProduct) -> int | None:
    former = find_unit(fact.former_commune_code, vintage="pre-2025") if fact.former_commune_code else None
    return former.id if former else None


def _recognised(fact: RecognisedProduct, producer: Producer, council: Reviewer) -> OcopProduct:
    return ocop.recognise_product(
        producer.id,
        name=fact.name,
        group=fact.group,
        commune_id=get_unit_by_code(fact.commune_code).id,
        by=council,
        is_alcohol=fact.is_alcohol,
        former_commune_id=_former(fact),
        source_url=fact.source_url or None,
    )


def _record_fact(fact: RecognisedProduct, recognised: OcopProduct, council: Reviewer) -> bool:
    """Record the certificate that the source tells; True when it is valid today."""
    if fact.decided_on is None or fact.decision_number is None:
        return False
    ruled = rules.find_rule_set(fact.decided_on)
    if ruled is None:
        return False
    decision = ocop.Decision(
        stars=fact.stars,
        number=fact.decision_number,
        decided_on=fact.decided_on,
        authority_level=ruled.authority[fact.stars],
        authority_name=_authority(ruled.authority[fact.stars], fact),
        score=fact.score,
        is_potential_five_star=fact.is_potential_five_star,
    )
    certificate = ocop.record_certificate(recognised.id, decision, by=council)
    return certificate.expires_on > clock.today() + timedelta(days=120)


def _authority(level: AuthorityLevel, fact: RecognisedProduct) -> str:
    if level == AuthorityLevel.CENTRE:
        return "Bộ Nông nghiệp và Môi trường"
    if level == AuthorityLevel.DISTRICT:
        return "UBND cấp huyện"
    return f"UBND {fact.province_name[0].lower()}{fact.province_name[1:]}"


def _renew(fact: RecognisedProduct, recognised: OcopProduct, council: Reviewer, number: int) -> None:
    """An invented renewal under the rules in force: marked in the data, and in its number for every reader."""
    rng = _rng(fact, "renewal")
    earliest = (
        clock.add_months(fact.decided_on, rules.VALIDITY_MONTHS) if fact.has_full_decision and fact.decided_on else None
    )
    decided_on = max(earliest or date(2025, 8, 1), clock.today() - timedelta(days=rng.randrange(40, 300)))
    level = rules.RULE_SETS[-1].authority[fact.stars]
    decision = ocop.Decision(
        stars=fact.stars,
        number=f"{1000 + number}/QĐ-MH (minh họa)",
        decided_on=min(decided_on, clock.today()),
        authority_level=level,
        authority_name=_authority(level, fact),
    )
    ocop.record_certificate(recognised.id, decision, by=council, is_illustrative=True)


# -- what a shop needs ---------------------------------------------------------------------------------------------

_SIZES: dict[ProductGroup, tuple[tuple[str, int | None, int], ...]] = {
    ProductGroup.FOOD: (("Gói 250 g", 250, 45_000), ("Gói 500 g", 500, 82_000), ("Hộp 1 kg", 1000, 155_000)),
    ProductGroup.DRINK: (("Chai 500 ml", 500, 120_000), ("Chai 750 ml", 750, 165_000)),
    ProductGroup.HERBAL: (("Hộp 20 túi lọc", 40, 60_000), ("Hộp 50 g", 50, 95_000), ("Lọ 100 g", 100, 180_000)),
    ProductGroup.HANDICRAFT: (("Một chiếc", None, 150_000), ("Bộ hai chiếc", None, 280_000)),
    ProductGroup.ORNAMENTAL: (("Một chậu", None, 200_000),),
    ProductGroup.TOURISM: (),
}
#: Months that goods keep; handicraft does not expire.
_KEEPS = {ProductGroup.FOOD: 9, ProductGroup.DRINK: 24, ProductGroup.HERBAL: 18}


def _list(
    fact: RecognisedProduct,
    recognised: OcopProduct,
    photo: str,
    council: Reviewer,
    number: int,
    own_pages: str,
) -> Product:
    """One listing with packs, photo, trace link and lots, approved by the council."""
    rng = _rng(fact, "listing")
    sizes = _SIZES[fact.group]
    chosen = sizes[: rng.randrange(1, len(sizes) + 1)] if sizes else ()
    factor = rng.choice((80, 90, 100, 120, 140, 180)) * (1 if fact.stars < 5 else 2)
    packs = tuple(
        PackContent(label=label, net_weight_grams=grams, price=Dong(max(10_000, price * factor // 100 // 1000 * 1000)))
        for label, grams, price in chosen
    )
    commune = get_unit_by_code(fact.commune_code)
    content = Content(
        name=fact.name[:160],
        origin_commune_id=commune.id,
        description=_description(fact, commune),
        story=_story(fact, commune),
        planting_area_code=f"MH-{fact.commune_code}-{number:03d}"
        if fact.group == ProductGroup.FOOD and number % 3 == 0
        else None,
        packs=packs,
        photos=(PhotoContent(photo, f"Hình vẽ minh họa: {fact.name}"[:200]),),
        trace_links=_links(fact, number, own_pages),
    )
    product = catalogue.create_product(
        recognised.producer_id, recognised.id, content, actor_id=council.id, is_illustrative=True
    )
    db.session.refresh(product)
    lots = [lot for pack in product.packs for lot in _lots(fact, pack.id, number, council.id)]
    if lots and number % 4 == 1:
        link = parse_trace_link(f"{own_pages}{lots[0].trace_code}", own_pages=own_pages)
        traced = replace(content_of(product), trace_links=(link,))
        catalogue.change_draft(product, traced, version=product.version, actor_id=council.id)
    catalogue.submit_product(product, version=product.version, actor_id=council.id)
    catalogue.approve_product(product, version=product.version, by=council)
    return product


def _links(fact: RecognisedProduct, number: int, own_pages: str) -> tuple[ParsedLink, ...]:
    """Two products of four carry a link to a portal (the addresses are invented, their hosts are the portals'), one

    carries our own trace page as soon as it has a lot, one carries none.
    """
    if number % 4 in (1, 3):
        return ()
    portal = _PORTALS.get(fact.province_code, _NATIONAL_PORTAL)
    return (parse_trace_link(f"{portal}{fold(fact.name).replace(' ', '-')[:60]}-{number}", own_pages=own_pages),)


def _description(fact: RecognisedProduct, commune: AdminUnit) -> str:
    if fact.is_invented:
        where = f"{commune.full_name}, {fact.province_name}"
        return f"{fact.name}, {where}. Sản phẩm, cơ sở và mọi số liệu ở đây là minh họa."
    return (
        f"{fact.name} của {fact.producer}, {commune.full_name}, {fact.province_name}. "
        "Sản phẩm và chủ thể theo nguồn công bố; giá, quy cách và tồn kho trên trang này là số liệu minh họa."
    )


def _story(fact: RecognisedProduct, commune: AdminUnit) -> str:
    return (
        f"Ở {commune.full_name}, người làm nghề giữ cách làm của địa phương và chung tay nâng chất lượng để sản phẩm "
        f"đạt {fact.stars} sao OCOP. Đoạn này viết để minh họa cho mục câu chuyện sản phẩm."
    )


def _lots(fact: RecognisedProduct, pack_id: int, number: int, actor_id: int) -> list[Lot]:
    """Two lots of every pack: the older one is sold first."""
    rng = _rng(fact, f"lot:{pack_id}")
    keeps = _KEEPS.get(fact.group)
    lots = []
    for turn, age in enumerate((70, 12)):
        made_on = clock.today() - timedelta(days=age + rng.randrange(10))
        lots.append(
            inventory.receive_lot(
                pack_id,
                rng.randrange(20, 120),
                code=f"L{number:03d}-{pack_id}-{turn + 1}",
                made_on=made_on,
                expires_on=clock.add_months(made_on, keeps) if keeps else None,
                actor_id=actor_id,
            )
        )
    return lots


# -- people behind it, and what is not as it should be -----------------------------------------------------------------


def _give_members(shelf: Shelf, members: dict[str, int]) -> None:
    """The two producers' log-ins belong to invented producers."""
    with transaction():
        for key, name in (("producer", COOPERATIVE), ("neighbour", NEIGHBOUR)):
            accounts.grant_role(members[key], Role.PRODUCER, subject_id=shelf.producers[name].id, actor_id=None)


def _awkward_states(shelf: Shelf, council: Reviewer) -> None:
    """A suspended producer, a withdrawn certificate, products that wait, were sent back, are a draft or paused."""
    with transaction():
        reason = "Chờ bổ sung giấy tờ (tình huống minh họa)."
        producers.suspend_producer(shelf.producers[SUSPENDED].id, by=council, reason=reason)
        mine = shelf.producers[COOPERATIVE]
        own = [product for product in shelf.listings if product.producer_id == mine.id]
        for turn, (state, label) in enumerate(
            (("submitted", "mẫu mới"), ("sent back", "hộp quà"), ("draft", "túi nhỏ"))
        ):
            _unfinished(own[0], label, state=state, price=Dong(50_000 + turn * 5_000), council=council)
        neighbours = [p for p in shelf.listings if p.producer_id == shelf.producers[NEIGHBOUR].id]
        certificate = valid_certificate(neighbours[1].ocop_product_id, clock.today())
        if certificate is not None:
            reason = "Không còn đáp ứng tiêu chí bắt buộc (tình huống minh họa)."
            ocop.withdraw_certificate(certificate.id, by=council, reason=reason)
        catalogue.pause_product(own[2], actor_id=council.id)


def _unfinished(like: Product, label: str, *, state: str, price: Dong, council: Reviewer) -> None:
    content = Content(
        name=f"{like.name} ({label})"[:160],
        origin_commune_id=like.origin_commune_id,
        description="Sản phẩm minh họa cho các bước duyệt.",
        packs=(PackContent(label="Gói 200 g", net_weight_grams=200, price=price),),
    )
    product = catalogue.create_product(
        like.producer_id, like.ocop_product_id, content, actor_id=council.id, is_illustrative=True
    )
    if state != "draft":
        catalogue.submit_product(product, version=product.version, actor_id=council.id)
    if state == "sent back":
        note = "Ảnh còn thiếu, xin bổ sung ảnh mặt sau bao bì (minh họa)."
        catalogue.want_changes(product, version=product.version, note=note, by=council)
