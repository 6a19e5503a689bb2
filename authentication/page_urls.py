"""Pages for anybody, outside the API."""

from django.urls import path

from authentication.views import pages

app_name = "account"
urlpatterns = [path("deletion", pages.deletion_page, name="deletion")]
