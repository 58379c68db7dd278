"""People, roles and grants, sessions on the server, API tokens."""
