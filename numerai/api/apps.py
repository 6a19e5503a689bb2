from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "numerai.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        from numerai import checks, hooks
        from numerai.api import personal_data, task_context

        checks.register_all()
        task_context.connect()
        hooks.register_personal_data(
            app="api",
            holds={
                # Its answers repeat, for a day, what the other apps export.
                "api.IdempotencyKey": hooks.NOT_EXPORTED,
                "api.RateLimitCounter": hooks.NOT_EXPORTED,
            },
            export=personal_data.export,
            erase=personal_data.erase,
        )
