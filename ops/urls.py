from django.urls import path

from ops import views

app_name = "ops"
urlpatterns = [
    path("", views.health, name="health"),
    path("/live", views.live, name="live"),
    path("/ready", views.ready, name="ready"),
]
