"""Recognised OCOP products and their certificates: rule set, score, stars, decision, validity."""
