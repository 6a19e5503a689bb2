"""The addresses that exist with DEBUG on."""

from django.urls import include, path

from numerai.urls import handler400 as handler400
from numerai.urls import handler403 as handler403
from numerai.urls import handler404 as handler404
from numerai.urls import handler500 as handler500
from numerai.urls import urlpatterns as served

urlpatterns = [
    *served,
    path("dev/outbox", include("notifications.outbox_urls")),
    path("dev/push", include("core.dev_urls")),
]
