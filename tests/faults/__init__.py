"""Faults: processes that die between any two commits or calls, and a shop that heals."""
