from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        from numerai import hooks
        from payments import selectors, services

        hooks.register_tier_source(selectors.tier_of, expression=selectors.tier_expression)
        hooks.register_personal_data(
            app="payments",
            holds={"payments.PlanGrant": "plan_grants"},
            export=selectors.export_grants,
            erase=services.erase_grants,
        )
