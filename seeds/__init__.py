"""Reference facts and demonstration data as plain files, and the loader that calls services."""
