"""Payments on every rail, gateway and bank events, receipts, refunds; one settle function."""
