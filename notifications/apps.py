from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import checks, services, tracking
        from numerai import hooks

        hooks.register_personal_data(
            app="notifications",
            holds={"notifications.Delivery": "deliveries"},
            export=services.export_member,
            erase=services.erase_member,
        )
        checks.register_all()
        tracking.connect()
