"""Money that waits for a person, and the checks that prove the books."""
