"""Orders, their sub-orders per producer, frozen lines and states."""
