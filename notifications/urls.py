from django.urls import path

from notifications.views import devices, settings

app_name = "notifications"
urlpatterns = [
    path("notifications/devices", devices.DevicesView.as_view(), name="devices"),
    path("notifications/devices/<uuid:device_id>", devices.DeviceView.as_view(), name="device"),
    path("notifications/vapid-public-key", devices.VapidKeyView.as_view(), name="vapid-public-key"),
    path("notifications/settings", settings.SettingsView.as_view(), name="settings"),
]
