"""Use cases of settlement with several transactions or a call over the wire in between, one file per subject."""
