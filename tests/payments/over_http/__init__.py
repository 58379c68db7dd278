"""Card and transfer through the sandbox, over HTTP."""
