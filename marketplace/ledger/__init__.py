"""Accounts, entries and signed lines that sum to zero; append-only; knows nobody."""
