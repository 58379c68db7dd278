"""What a buyer sees: search, filters, listing, product page; the one decision on what is sellable."""
