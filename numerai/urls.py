"""Every address of the product starts here: the only place with /api/v1/, /admin/, /health and /metrics."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("core.urls")),  # first: what is asked for most
    path("api/v1/", include("authentication.urls")),
    path("api/v1/", include("notifications.urls")),
    path("api/", include("numerai.api.urls")),
    path("account/", include("authentication.page_urls")),
    path("health", include("ops.urls")),
    path("metrics", include("ops.metrics_urls")),
    path("unsubscribe/", include("notifications.mail_urls")),
    path("service-worker.js", include("notifications.worker_urls")),
    path("admin/", admin.site.urls),
]

if settings.DEBUG:
    urlpatterns += [
        path("dev/outbox", include("notifications.outbox_urls")),
        path("dev/push", include("core.dev_urls")),
    ]
# Where an e-mail provider reports bounces; only with the secret, or a stranger could stop anybody's mail.
if settings.EMAIL_BACKEND.startswith("anymail.") and settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns.append(path("webhooks/email/", include("anymail.urls")))

handler400 = "numerai.api.errors.bad_request"
handler403 = "numerai.api.errors.permission_denied"
handler404 = "numerai.api.errors.not_found"
handler500 = "numerai.api.errors.server_error"
