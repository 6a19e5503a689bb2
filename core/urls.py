from django.urls import path

from core import views

app_name = "core"
urlpatterns = [
    path("numerology/calculate", views.CalculateView.as_view(), name="calculate"),
]
