"""Plans and targets, indicator definitions, declared denominators."""
