"""The addresses that exist with DEBUG on, and with an e-mail provider that reports bounces."""

from django.urls import include, path

urlpatterns = [
    path("unsubscribe/", include("notifications.mail_urls")),
    path("dev/outbox", include("notifications.outbox_urls")),
    path("webhooks/email/", include("anymail.urls")),
]

handler404 = "numerai.api.errors.not_found"
