"""Money that waits for a person and differences with gateway and bank."""
