from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import checks, tracking
        from notifications.services import personal_data
        from numerai import hooks

        hooks.register_personal_data(
            app="notifications",
            holds={
                "notifications.Delivery": "deliveries",
                "notifications.Device": "devices",
                "notifications.InboxItem": "inbox",
                "notifications.Preference": "choices",
                "notifications.QuietHours": "quiet_hours",
            },
            export=personal_data.export_member,
            erase=personal_data.erase_member,
        )
        checks.register_all()
        tracking.connect()
