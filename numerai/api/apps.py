from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "numerai.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        from numerai import checks, hooks
        from numerai.api import idempotency, task_context

        checks.register_all()
        task_context.connect()
        hooks.register_personal_data(app="api", export=idempotency.export, erase=idempotency.erase)
