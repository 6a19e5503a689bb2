from django.urls import path

from core.views import calculations

app_name = "core"
urlpatterns = [
    path("numerology/calculate", calculations.CalculateView.as_view(), name="calculate"),
]
