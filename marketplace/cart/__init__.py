"""A cart over several producers, for guests and signed-in buyers."""
