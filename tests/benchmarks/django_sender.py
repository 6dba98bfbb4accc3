"""django-post_office with django-gov-notify, as their documentation says to use them, at the target.

Runs in an environment of its own (`.venv-bench-django`), on a PostgreSQL of the same cluster as ours.
`python -m tests.benchmarks.django_sender URL DATABASE COUNT THREADS BATCH` queues `COUNT` messages, sends
them as `manage.py send_queued_mail` does, and prints the CPU seconds of the sending alone.
"""

import json
import logging
import resource
import sys
from tempfile import mkdtemp
from urllib.parse import urlsplit

import django
from django.conf import settings

from tests.benchmarks.words import API_KEY, SUBJECT, TEMPLATE_ID, TEXT


def configure(url: str, database: str, threads: int, batch: int) -> None:
    found = urlsplit(database)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": found.path.strip("/"),
                "USER": found.username,
                "PASSWORD": found.password,
                "HOST": found.hostname,
                "PORT": found.port,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        GOVUK_NOTIFY_API_KEY=API_KEY,
        GOVUK_NOTIFY_PLAIN_EMAIL_TEMPLATE_ID=TEMPLATE_ID,
        # Its backend has no setting for the address of Notify: this says it, and changes nothing else.
        NOTIFY_URL=url,
        POST_OFFICE={
            "BACKENDS": {"default": "tests.benchmarks.django_backend.Backend"},
            "THREADS_PER_PROCESS": threads,
            "BATCH_SIZE": batch,
            "LOG_LEVEL": 1,
        },
    )
    django.setup()
    logging.disable(logging.CRITICAL)


def queue(count: int) -> None:
    from django.core.management import call_command
    from post_office import mail
    from post_office.models import Email

    call_command("migrate", verbosity=0)
    Email.objects.all().delete()
    mail.send_many(
        [
            {
                "recipients": [f"person.{number}@example.com"],
                "sender": "kept@example.org",
                "subject": SUBJECT,
                "message": TEXT,
            }
            for number in range(count)
        ]
    )


def send(count: int) -> None:
    from post_office import mail
    from post_office.models import STATUS, Email

    began = cpu()
    mail.send_queued_mail_until_done(lockfile=f"{mkdtemp()}/lock", processes=1)
    used = cpu() - began
    sent = Email.objects.filter(status=STATUS.sent).count()
    if sent != count:
        sys.exit(f"django-post_office sent {sent} of {count}")
    print(json.dumps({"cpu": used}))


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    configure(sys.argv[1], sys.argv[2], int(sys.argv[4]), int(sys.argv[5]))
    queue(int(sys.argv[3]))
    send(int(sys.argv[3]))
