"""Cooperatives, co-op groups, companies and households that sell; their verification."""
