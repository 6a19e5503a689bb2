from django.urls import path

from notifications.views import outbox

app_name = "outbox"
urlpatterns = [
    path("", outbox.show_outbox, name="list"),
    path("/<str:name>", outbox.show_html, name="html"),
]
