from django.urls import path

from notifications.views import devices, inbox, settings

app_name = "notifications"
urlpatterns = [
    path("notifications/devices", devices.DevicesView.as_view(), name="devices"),
    path("notifications/devices/<uuid:device_id>", devices.DeviceView.as_view(), name="device"),
    path("notifications/vapid-public-key", devices.VapidKeyView.as_view(), name="vapid-public-key"),
    path("notifications/inbox", inbox.InboxView.as_view(), name="inbox"),
    path("notifications/inbox/unread-count", inbox.UnreadView.as_view(), name="unread-count"),
    path("notifications/inbox/read-all", inbox.ReadAllView.as_view(), name="read-all"),
    path("notifications/inbox/<uuid:item_id>", inbox.ItemView.as_view(), name="inbox-item"),
    path("notifications/inbox/<uuid:item_id>/read", inbox.ReadView.as_view(), name="inbox-item-read"),
    path("notifications/settings", settings.SettingsView.as_view(), name="settings"),
]
