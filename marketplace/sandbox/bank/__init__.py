"""The simulated bank: accounts of BIN 999999, transfers into them, a statement, and signed notices."""
