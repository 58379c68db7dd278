"""The WSGI entry: ``gunicorn wsgi:app`` or ``flask --app wsgi …``."""

from dotenv import load_dotenv

load_dotenv()

from marketplace.app import create_app  # noqa: E402  (settings of .env must be there before the app is made)

app = create_app()
