"""django-gov-notify's backend, with the target in the place of Notify: it has no setting for that."""

from typing import Any

from django.conf import settings
from django_gov_notify.backends import NotifyEmailBackend
from notifications_python_client.notifications import NotificationsAPIClient


class Backend(NotifyEmailBackend):  # type: ignore[misc]
    """As it is, but for the address."""

    client: Any

    def open(self) -> None:
        self.client = self.client or NotificationsAPIClient(self.api_key, base_url=settings.NOTIFY_URL)
