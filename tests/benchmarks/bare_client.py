"""The official client alone, with threads: what our sender is compared with.

`python -m tests.benchmarks.bare_client URL COUNT THREADS` prints the CPU seconds that it used. How long
it took is what the target saw.
"""

import json
import logging
import resource
import sys
import threading

from notifications_python_client import NotificationsAPIClient

from tests.benchmarks.words import API_KEY, PERSONALISATION, TEMPLATE_ID


def send(url: str, numbers: range) -> None:
    client = NotificationsAPIClient(API_KEY, base_url=url)
    for number in numbers:
        client.send_email_notification(
            email_address=f"person.{number}@example.com",
            template_id=TEMPLATE_ID,
            personalisation=PERSONALISATION,
            reference=f"bench-{number}",
        )


def main(url: str, count: int, threads: int) -> None:
    logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
    began = cpu()
    workers = [
        threading.Thread(target=send, args=(url, range(first, count, threads))) for first in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps({"cpu": cpu() - began}))


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
