from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "authentication"

    def ready(self) -> None:
        from authentication.services.profile import bump_data_version
        from numerai import hooks

        hooks.on_member_changed(bump_data_version)
