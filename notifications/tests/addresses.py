"""The addresses that exist with DEBUG on. Used by `urls("notifications.tests.addresses")`."""

from django.urls import include, path

urlpatterns = [path("dev/outbox", include("notifications.urls"))]

handler404 = "numerai.api.errors.not_found"
