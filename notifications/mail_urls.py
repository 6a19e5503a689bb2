"""Addresses that stand in mails."""

from django.urls import path

from notifications.views.unsubscribe import show_unsubscribe

urlpatterns = [path("<str:token>", show_unsubscribe, name="unsubscribe")]
