from django.urls import path

from ops import views

app_name = "metrics"
urlpatterns = [path("", views.metrics, name="metrics")]
