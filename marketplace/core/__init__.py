"""Ground floor: database, money, clock, text, errors, paging. Knows no Flask request and no feature."""
