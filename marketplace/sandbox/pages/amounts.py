"""Amounts as people type them."""


def typed_dong(written: str) -> int:
    """Dong as people type them: ``45.000``, ``45 000 ₫``. 0, which no bank takes, for anything else."""
    digits = "".join(written.replace("₫", "").replace(".", "").replace(",", "").split())
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else 0
