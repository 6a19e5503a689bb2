from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin, entered with a second factor."""

    default_site = "authentication.admin_site.StaffSite"
