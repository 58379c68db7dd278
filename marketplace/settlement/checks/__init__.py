"""Promises across rooms: what the books, orders, stock, stalls and certificates say of the same fact must agree."""

from marketplace.settlement.checks import goods, market, money, orders

CHECKS = (*money.CHECKS, *orders.CHECKS, *goods.CHECKS, *market.CHECKS)
