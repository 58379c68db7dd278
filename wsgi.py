"""The WSGI entry: ``gunicorn wsgi:app`` or ``flask --app wsgi …``."""

import gc

from dotenv import load_dotenv

load_dotenv()

# A start makes much and throws little away: to look for garbage meanwhile takes a third of its time. What is there
# afterwards stays for good, and nobody needs to look at it again.
gc.disable()

from marketplace.app import create_app  # noqa: E402  (settings of .env must be there before the app is made)

app = create_app()
gc.freeze()
gc.enable()
