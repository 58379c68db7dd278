"""Trace pages of lots, printable codes, checks of outside trace links."""
