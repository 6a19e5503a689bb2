from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "ops"

    def ready(self) -> None:
        from ops import (
            attention,
            cards,
            heartbeat,  # noqa: F401 - connects the worker's signs of life
            readings_card,
            timetable,
        )

        # In the order in which they are shown.
        attention.register()
        readings_card.register()
        cards.register_all()
        timetable.connect()
