"""Case 33 of the market payments: one transfer for an order of several cooperatives, and one of them gives back."""

from flask import Flask

from marketplace.checkout import flows, queries
from marketplace.core.db import db, transaction
from marketplace.core.money import Dong
from marketplace.ledger import queries as ledger
from marketplace.orders.queries import get_order
from marketplace.payments import services as payments
from marketplace.payments.models import Refund
from tests.checkout.buying import order, payment_of, transfer
from tests.checkout.conftest import Stock


def _balances(codes: list[str]) -> list[int]:
    return [ledger.balance(code) for code in codes]


def test_case_33_one_transfer_is_split_exactly_and_one_producer_refunds_alone(country: Flask, stock: Stock) -> None:
    packs = [
        stock(name, price=price) for name, price in (("Trà sen", 33_333), ("Mật ong", 45_001), ("Bánh tráng", 1_007))
    ]
    with country.app_context():
        placed = order(dict.fromkeys(packs, 1))
        transfer(payment_of(placed))
        parts = get_order(placed.id).sub_orders
        codes = [f"producer:{part.producer_id}:payable" for part in parts]
        totals = [part.total for part in parts]
        assert _balances(codes) == [-total for total in totals]
        assert sum(totals) == placed.total == ledger.balance("bank:collecting")
        line = parts[1].lines[0]
        flows.refund_parcel(parts[1], {line.id: Dong(45_001)}, reason="vỡ", key="case-33-refund-key", actor_id=None)
        refund = db.session.query(Refund).one()
        with transaction():
            payments.settle_refund(db.session.merge(refund), occurred_at=placed.placed_at, gateway_id="FT33")
        assert _balances(codes) == [-totals[0], -(totals[1] - 45_001), -totals[2]]
        assert next(choice.left for choice in queries.refund_choices(get_order(placed.id).sub_orders[0])) == 33_333
