from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import broadcast_texts, checks, sources, tracking
        from notifications.kinds import Kind
        from notifications.services import personal_data
        from numerai import hooks

        sources.register_payloads(Kind.BROADCAST, broadcast_texts.say_broadcasts)

        hooks.register_personal_data(
            app="notifications",
            holds={
                "notifications.Broadcast": "broadcasts_written",
                "notifications.BroadcastRecipient": "broadcasts",
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
