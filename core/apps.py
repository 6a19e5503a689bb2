from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import personal_data
        from core.services.schedules import follow_member
        from numerai import hooks

        hooks.register_personal_data(
            app="core",
            holds=personal_data.HOLDS,
            export=personal_data.export_member,
            erase=personal_data.erase_member,
        )
        hooks.on_member_changed(follow_member)
