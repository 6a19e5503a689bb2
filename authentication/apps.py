from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "authentication"

    def ready(self) -> None:
        from authentication import checks, personal_data
        from authentication.services.profile import bump_data_version
        from numerai import hooks

        hooks.on_member_changed(bump_data_version)
        hooks.register_personal_data(
            app="authentication",
            holds=personal_data.HOLDS,
            export=personal_data.export,
            erase=personal_data.erase,
        )
        checks.register_all()
