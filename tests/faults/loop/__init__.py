"""A shop under load whose processes are killed again and again, and what it must not have lost."""
