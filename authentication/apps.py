from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "authentication"

    def ready(self) -> None:
        from authentication import audience, checks, personal_data, selectors
        from authentication.services.profile import bump_data_version
        from notifications import sources
        from numerai import hooks

        sources.register_contacts(selectors.contacts_of)
        sources.register_members(audience.members_in)
        hooks.on_member_changed(bump_data_version)
        hooks.register_personal_data(
            app="authentication",
            holds=personal_data.HOLDS,
            export=personal_data.export,
            erase=personal_data.erase,
        )
        checks.register_all()
