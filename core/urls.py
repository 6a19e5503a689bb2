from django.urls import path

from core.views import calculations, compatibility

app_name = "core"
urlpatterns = [
    path("numerology/calculate", calculations.CalculateView.as_view(), name="calculate"),
    path("numerology/name-analysis", calculations.NameAnalysisView.as_view(), name="name-analysis"),
    path("numerology/number-analysis", calculations.NumberAnalysisView.as_view(), name="number-analysis"),
    path("numerology/compatibility", compatibility.CompatibilityView.as_view(), name="compatibility"),
    path("numerology/systems", calculations.SystemsView.as_view(), name="systems"),
]
