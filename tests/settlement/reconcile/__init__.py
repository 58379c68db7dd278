"""Books and both statements are compared both ways, each difference is one row, and the day adds up to the dong."""
