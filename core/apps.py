from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import checks, personal_data, warm_up
        from core.selectors.cycle_messages import say_changes
        from core.selectors.reading_messages import say_readings
        from core.services.schedules import follow_member
        from notifications import sources
        from notifications.kinds import Kind
        from numerai import hooks

        hooks.register_personal_data(
            app="core",
            holds=personal_data.HOLDS,
            export=personal_data.export_member,
            erase=personal_data.erase_member,
        )
        hooks.on_member_changed(follow_member)
        sources.register_payloads(Kind.DAILY_READING, say_readings)
        sources.register_payloads(Kind.CYCLE_CHANGE, say_changes)
        checks.register_all()
        warm_up.register_all()
