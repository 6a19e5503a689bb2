"""Pages to try the product with. They exist with DEBUG on only."""

from django.urls import path

from core.views import dev_push

app_name = "dev-push"
urlpatterns = [
    path("", dev_push.show_page, name="page"),
    path("/devices/<uuid:device_id>/reading", dev_push.PushedReadingView.as_view(), name="reading"),
]
