"""The verbs of settlement, one file per subject."""
