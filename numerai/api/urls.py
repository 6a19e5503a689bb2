from django.urls import path

from numerai.api import views

app_name = "api"
urlpatterns = [
    path("schema", views.SchemaView.as_view(), name="schema"),
    path("docs/", views.SwaggerView.as_view(), name="docs"),
    path("redoc/", views.RedocView.as_view(), name="redoc"),
]
