"""Promises across rooms: what the books, orders, stock, stalls and certificates say of the same fact must agree."""

from marketplace.settlement.checks import boards, differences, earnings, goods, market, money, orders, payouts

CHECKS = (
    *money.CHECKS,
    *orders.CHECKS,
    *earnings.CHECKS,
    *goods.CHECKS,
    *market.CHECKS,
    *payouts.CHECKS,
    *boards.CHECKS,
    *differences.CHECKS,
)
