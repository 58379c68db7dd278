"""The bare-SQL twin of placing an order: the same rows with the same durability, and nothing around them.

No checks of the goods, no schema, no mapping: what is left of an order when everything that makes it right is taken
away. ``tests.bench`` counts the writing statements of both and stops when they differ.
"""

import fcntl
import hashlib
import json
import os
import secrets
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, request

try:
    from pysqlite3 import dbapi2 as driver
except ImportError:
    import sqlite3 as driver

app = Flask(__name__)
_PATH = os.environ["TWIN_DATABASE"]
_own = threading.local()


def connection() -> Any:
    """This thread's connection, set up as the shop's are."""
    if not hasattr(_own, "connection"):
        _own.connection = driver.connect(_PATH, isolation_level=None)
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            _own.connection.execute(f"PRAGMA {pragma}")
    return _own.connection


@app.post("/api/v1/orders")
def place() -> tuple[dict[str, str], int]:
    """Write the order of the cart in ``X-Cart-Token``."""
    typed = request.get_json()
    number = "OC-" + secrets.token_hex(4)
    with Path(_PATH + ".lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        database = connection()
        database.execute("BEGIN IMMEDIATE")
        try:
            _write(database.execute, request.headers["X-Cart-Token"], typed, number)
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
    return {"number": number}, 201


_GOODS = """SELECT cart.id, cart_item.id, pack.id, pack.product_id, pack.label, pack.price, product.name,
    product.producer_id, producer.delivery_fee, certificate.id, certificate.stars, certificate.decision_number, lot.id
    FROM cart JOIN cart_item ON cart_item.cart_id = cart.id JOIN pack ON pack.id = cart_item.pack_id
    JOIN product ON product.id = pack.product_id JOIN producer ON producer.id = product.producer_id
    JOIN certificate ON certificate.ocop_product_id = product.ocop_product_id JOIN lot ON lot.pack_id = pack.id
    WHERE cart.token = ? ORDER BY cart_item.id"""


def _write(execute: Any, token: str, typed: dict[str, Any], number: str) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    goods = execute(_GOODS, (token,)).fetchall()
    if not goods:
        raise LookupError("this cart is empty: prepare more carts")
    commune = execute(
        "SELECT id FROM admin_unit WHERE code = ? AND vintage = '2025-07'", (typed["commune"],)
    ).fetchone()
    total, fees = sum(row[5] for row in goods), sum(row[8] for row in goods)
    order = _insert(
        execute,
        "customer_order",
        number=number,
        secret_hash=secrets.token_hex(32),
        idempotency_key=secrets.token_hex(32),
        request_hash=secrets.token_hex(32),
        contact_name=typed["contact_name"],
        contact_phone=typed["contact_phone"],
        commune_id=commune[0],
        address_line=typed["address_line"],
        note="",
        payment_method=typed["payment_method"],
        state="confirmed",
        goods_total=total,
        delivery_total=fees,
        total=total + fees,
        locale="vi",
        is_illustrative=0,
        placed_at=now,
    )
    _note(execute, order, None, "confirmed", now)
    for row in goods:
        _write_part(execute, order, row, now)
    cart = goods[0][0]
    execute("UPDATE cart SET changed_at = ? WHERE id = ?", (now, cart))
    for row in goods:
        execute("DELETE FROM cart_item WHERE id = ?", (row[1],))
    execute("DELETE FROM checkout_draft WHERE cart_id = ?", (cart,))
    _announce(execute, order, number, now)


def _write_part(execute: Any, order: int, row: Any, now: str) -> None:
    _cart, _item, pack, product, label, price, name, producer, fee, certificate, stars, decision, lot = row
    part = _insert(
        execute,
        "sub_order",
        order_id=order,
        producer_id=producer,
        goods_total=price,
        delivery_fee=fee,
        total=price + fee,
        state="to_pack",
    )
    line = _insert(
        execute,
        "order_line",
        sub_order_id=part,
        product_id=product,
        pack_id=pack,
        certificate_id=certificate,
        product_name=name,
        pack_label=label,
        stars=stars,
        decision_number=decision,
        quantity=1,
        unit_price=price,
        line_total=price,
    )
    _note(execute, order, part, "to_pack", now)
    execute(
        "UPDATE lot SET reserved = reserved + 1 WHERE id = ? AND on_hand - reserved >= 1 AND state = 'open'", (lot,)
    )
    _insert(
        execute,
        "reservation",
        lot_id=lot,
        quantity=1,
        returned=0,
        state="held",
        ref_type="order_line",
        ref_id=str(line),
        created_at=now,
    )
    payment = _insert(
        execute,
        "payment",
        public_id=secrets.token_hex(12),
        purpose="order",
        rail="cash_on_delivery",
        amount=price + fee,
        received=0,
        refunded=0,
        state="pending",
        idempotency_key=secrets.token_hex(16),
        created_at=now,
    )
    _insert(execute, "order_payment", order_id=order, payment_id=payment, created_at=now)
    _insert(execute, "payment_share", payment_id=payment, sub_order_id=part, amount=price + fee)


def _note(execute: Any, order: int, part: int | None, state: str, now: str) -> None:
    _insert(execute, "order_event", order_id=order, sub_order_id=part, to_state=state, note="", at=now)


def _announce(execute: Any, order: int, number: str, now: str) -> None:
    _insert(
        execute,
        "outbox_message",
        key=f"order.placed:{order}",
        topic="order.placed",
        payload=json.dumps({"order_id": order}),
        created_at=now,
        due_at=now,
        attempts=0,
    )
    head = execute("SELECT id, hash FROM audit_event ORDER BY id DESC LIMIT 1").fetchone() or (0, "0" * 64)
    values = {
        "id": head[0] + 1,
        "at": now,
        "action": "order.placed",
        "object_type": "order",
        "object_id": number,
        "detail": "{}",
        "previous_hash": head[1],
    }
    _insert(execute, "audit_event", **values, hash=hashlib.sha256(json.dumps(values).encode()).hexdigest())


def _insert(execute: Any, table: str, **values: Any) -> int:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join("?" * len(values))
    return int(execute(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(values.values())).lastrowid)
