"""Proof: the state machine with its model, the journal read by beancount, and the measured audit."""
