"""Messages to deliver after commit: leases, back-off, dead letters."""
