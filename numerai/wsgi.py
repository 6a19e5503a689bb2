"""WSGI entry point of the api and api-slow roles."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from numerai import warm_up
from numerai.checks import refuse_bad_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")

refuse_bad_settings()
application = get_wsgi_application()
if settings.IS_SERVING:
    warm_up.before_work()
