"""The sandbox: a simulated card gateway (Stripe's protocol) and a simulated Vietnamese bank, without any real money.

Its own application, process and database file. It imports nothing of the project but ``core``, and no room
imports it: they meet over HTTP, as strangers do.
"""
