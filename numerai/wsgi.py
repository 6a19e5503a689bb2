"""WSGI entry point of the api and api-slow roles."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")

application = get_wsgi_application()
