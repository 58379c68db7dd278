"""A shop with many products and carts, written by bulk SQL into an embedded database."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from marketplace.cart import queries as carts
from marketplace.cart.models import Cart, CartItem
from marketplace.catalogue.models import Pack, Photo, Product, ProductState
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.text import fold, slug
from marketplace.files.models import StoredFile
from marketplace.inventory.models import Lot, LotState, MoveReason, StockMove
from marketplace.ocop.models import AuthorityLevel, Certificate, CertificateState, OcopProduct, ProductGroup
from marketplace.places.models import VINTAGE_2025, AdminUnit, Level
from marketplace.places.services import import_places
from marketplace.producers.models import Producer, ProducerKind, ProducerState

PLACES = Path(__file__).resolve().parents[2] / "seeds" / "places"
PRODUCTS = 10_000
PRODUCERS = 500
COMMUNES = 40
#: How many different baskets there are; carts repeat them, so that each quote is computed by the shop once.
BASKETS = 200
#: Words that every search of the load uses; each is in the name of some hundred products.
KINDS_OF_GOODS = (
    "Gạo Nàng Nhen",
    "Mật ong rừng tràm",
    "Cà phê rang xay",
    "Nước mắm cá cơm",
    "Chè Shan tuyết",
    "Miến dong",
    "Đường thốt nốt",
    "Bưởi da xanh",
    "Tương ớt",
    "Khô cá lóc",
    "Bánh tráng",
    "Chả cá thát lát",
    "Hạt điều rang muối",
    "Tiêu đen",
    "Nấm linh chi",
    "Trà sen",
    "Măng khô",
    "Rượu dừa",
    "Tinh dầu sả chanh",
    "Chiếu cói",
)
ADJECTIVES = ("Ba Chúc", "Bảy Núi", "Quê Hương", "Cây Lành", "Hòn Đất", "Tân Thành", "Mường Lò", "Sông Hậu")


@dataclass(frozen=True)
class Basket:
    """What the carts of the load hold: two packs of two producers, and the mark that the shop gives for it."""

    pack_ids: tuple[int, int]
    quote: str


def fill() -> None:
    """Write places, producers, products with certificate, pack, photo and lot. Inside an application context."""
    with transaction():
        import_places(PLACES)
        communes = db.session.scalars(
            select(AdminUnit.id)
            .where(AdminUnit.vintage == VINTAGE_2025, AdminUnit.level == Level.COMMUNE)
            .order_by(AdminUnit.code)
        ).all()
        chosen = communes[:: max(1, len(communes) // COMMUNES)][:COMMUNES]
        _write(Producer, _producers(chosen))
        goods = list(_goods(chosen))
        for model in (OcopProduct, Certificate, Product, Pack, Lot, StockMove, StoredFile, Photo):
            _write(model, [rows[model] for rows in goods if model in rows])


def fill_carts(count: int) -> list[Basket]:
    """Write ``count`` guest carts (token ``cart-0000000``, ...), and return the baskets that they hold in turn."""
    dice = random.Random(2)
    pairs = [tuple(sorted(dice.sample(range(1, PRODUCTS + 1), 2))) for _ in range(BASKETS)]
    moment = clock.now()
    with transaction():
        _write(Cart, [{"token": token(n), "created_at": moment, "changed_at": moment} for n in range(count)])
        items = ((n + 1, pack_id, 1) for n in range(count) for pack_id in pairs[n % BASKETS])
        _write(CartItem, [{"cart_id": cart, "pack_id": pack, "quantity": quantity} for cart, pack, quantity in items])
    baskets = []
    for number, (first, second) in enumerate(pairs):
        seen = carts.view_of(carts.find_guest_cart(token(number)), clock.now())
        assert seen.can_check_out, "a basket of the load cannot be bought"
        baskets.append(Basket((first, second), seen.quote))
    db.session.rollback()
    return baskets


def token(number: int) -> str:
    """The secret of the cart with that number."""
    return f"cart-{number:07}"


def a_commune() -> str:
    """The code of a present commune, for addresses."""
    statement = select(AdminUnit.code).where(AdminUnit.vintage == VINTAGE_2025, AdminUnit.level == Level.COMMUNE)
    return str(db.session.scalars(statement.order_by(AdminUnit.code).limit(1)).one())


def _write(model: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(insert(model.__table__), rows)


def _producers(communes: Sequence[int]) -> list[dict[str, Any]]:
    kinds = list(ProducerKind)
    moment = clock.now() - timedelta(days=400)
    rows = []
    for number in range(PRODUCERS):
        name = f"Hợp tác xã {ADJECTIVES[number % len(ADJECTIVES)]} {number + 1}"
        rows.append(
            {
                "id": number + 1,
                "slug": slug(name),
                "kind": kinds[number % len(kinds)],
                "name": name,
                "name_fold": fold(name),
                "commune_id": communes[number % len(communes)],
                "phone": "+84912345678",
                "about": "Hai mươi hộ cùng làm, cùng bán.",
                "delivery_fee": 20_000,
                "state": ProducerState.VERIFIED,
                "registered_at": moment,
            }
        )
    return rows


def _goods(communes: Sequence[int]) -> Iterator[dict[type[Any], dict[str, Any]]]:
    """For each product the rows that make it sellable, by table; every fourth has no photo."""
    dice = random.Random(1)
    now, today = clock.now(), clock.today()
    groups = [group for group in ProductGroup if group is not ProductGroup.TOURISM]
    for number in range(1, PRODUCTS + 1):
        name = f"{dice.choice(KINDS_OF_GOODS)} {dice.choice(ADJECTIVES)} {number}"
        producer = number % PRODUCERS + 1
        commune = communes[(producer - 1) % len(communes)]
        issued = today - timedelta(days=dice.randrange(30, 900))
        price = dice.randrange(20, 600) * 1000
        moment = now - timedelta(minutes=dice.randrange(1000, 500_000))
        rows: dict[type[Any], dict[str, Any]] = {
            OcopProduct: {
                "id": number,
                "producer_id": producer,
                "name": name,
                "name_fold": fold(name),
                "group": groups[number % len(groups)],
                "commune_id": commune,
            },
            Certificate: {
                "id": number,
                "ocop_product_id": number,
                "rule_set": "148/2023",
                "stars": dice.choice((3, 3, 3, 4, 4, 5)),
                "decision_number": f"{number}/QĐ-UBND",
                "decided_on": issued,
                "authority_level": AuthorityLevel.PROVINCE,
                "authority_name": "UBND tỉnh",
                "issued_on": issued,
                "expires_on": clock.add_months(issued, 36),
                "state": CertificateState.AWARDED,
                "recorded_at": moment,
            },
            Product: {
                "id": number,
                "slug": slug(name),
                "producer_id": producer,
                "ocop_product_id": number,
                "name": name,
                "name_search": name.lower(),
                "name_fold": fold(name),
                "description": "Làm trong tuần, đóng gói tại chỗ. " * 6,
                "story": "Ba đời nhà tôi giữ nghề này. " * 10,
                "origin_commune_id": commune,
                "state": ProductState.APPROVED,
                "created_at": moment,
                "approved_at": moment,
            },
            Pack: {
                "id": number,
                "product_id": number,
                "label": "Túi 500 g",
                "net_weight_grams": 500,
                "price": price,
                "approved_price": price,
            },
            Lot: {
                "id": number,
                "product_id": number,
                "pack_id": number,
                "code": f"LO{number}",
                "trace_code": f"lo{number:06}",
                "made_on": today - timedelta(days=20),
                "expires_on": today + timedelta(days=160),
                "on_hand": 1_000_000,
                "reserved": 0,
                "state": LotState.OPEN,
                "created_at": moment,
            },
            StockMove: {
                "lot_id": number,
                "delta": 1_000_000,
                "reason": MoveReason.RECEIPT,
                "ref_type": "lot",
                "ref_id": str(number),
                "at": moment,
            },
        }
        if number % 4:
            rows[StoredFile] = {
                "id": number,
                "sha256": f"{number:064x}",
                "media_type": "image/webp",
                "size": 60_000,
                "width": 960,
                "height": 720,
                "shown_name": "anh.webp",
                "is_public": True,
                "stored_at": moment,
            }
            rows[Photo] = {"product_id": number, "file_id": number, "alternative_text": name}
        yield rows


def slugs() -> dict[int, str]:
    """The names in the addresses of the products, by id."""
    return dict(db.session.execute(select(Product.id, Product.slug)).tuples().all())


def order_body(commune: str, basket: Basket) -> str:
    """The JSON with which a program places the order of a cart, to be paid at the door."""
    return json.dumps(
        {
            "contact_name": "Nguyễn Thị Lan",
            "contact_phone": "0912345678",
            "commune": commune,
            "address_line": "Ấp Tây Bình, nhà số 12",
            "payment_method": "cash_on_delivery",
            "quote": basket.quote,
        },
        ensure_ascii=False,
    )
