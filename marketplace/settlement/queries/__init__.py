"""Reading what settlement has to look at, one file per subject."""
