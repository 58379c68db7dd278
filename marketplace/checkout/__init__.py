"""The hall where cart, stock, orders and payments meet."""
