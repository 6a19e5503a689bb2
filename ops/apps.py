from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "ops"

    def ready(self) -> None:
        from ops import (
            cards,
            heartbeat,  # noqa: F401 - connects the worker's signs of life
            timetable,
        )

        cards.register_all()
        timetable.connect()
