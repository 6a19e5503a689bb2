"""ASGI entry point of the stream role."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from numerai import warm_up
from numerai.api.body import BodySizeLimit
from numerai.checks import refuse_bad_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")

refuse_bad_settings()
application = BodySizeLimit(get_asgi_application(), limit=settings.API_MAX_BODY_BYTES)
if settings.IS_SERVING:
    warm_up.before_work()
