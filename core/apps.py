from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core.selectors.profiles import export_profiles
        from core.services.profiles import erase_profiles
        from numerai import hooks

        hooks.register_personal_data(app="core", export=export_profiles, erase=erase_profiles)
