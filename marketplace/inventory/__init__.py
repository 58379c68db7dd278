"""Lots, stock moves and reservations; nobody else touches quantities."""
