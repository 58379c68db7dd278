"""The OCOP marketplace: certified rural products, their money and the figures of their communes."""
