"""A bare DRF view for hot_reads.py: simplejwt with its user fetch, a query, the chart, JSONRenderer.

No limiter, envelope or request id, one middleware, and nothing kept: less work than ours, done as the tutorials do it.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")
django.setup()

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from django.utils import timezone
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication

from core.local_days import local_date
from core.models import NumerologyProfile
from core.selectors.profiles import chart_of


class ChartView(APIView):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [JSONRenderer]
    throttle_classes: list[Any] = []

    def get(self, request: Request) -> Response:
        profile = NumerologyProfile.objects.get(user=request.user, is_primary=True)
        chart = chart_of(profile, on=local_date(timezone.now(), request.user.time_zone))
        return Response(chart.to_dict())


urlpatterns = [path("chart", ChartView.as_view())]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # says how long the answer is
application = get_wsgi_application()
