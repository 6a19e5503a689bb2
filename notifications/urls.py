from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.show_outbox, name="outbox"),
    path("/<str:name>", views.show_html, name="outbox-html"),
]
