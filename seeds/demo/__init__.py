"""The demonstration: published facts, and around them invented prices, people, orders and sales, all deterministic."""
