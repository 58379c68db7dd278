"""Stripe's protocol under ``/v1``: enough of it that the official SDK and a marketplace find what they know."""
