"""The service worker: its address says which pages it may serve, and must never change."""

from django.urls import path

from notifications.views import service_worker

app_name = "service-worker"
urlpatterns = [path("", service_worker.show_service_worker, name="script")]
