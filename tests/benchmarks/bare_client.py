"""The official client alone, with threads: what our sender is compared with.

`python -m tests.benchmarks.bare_client URL COUNT THREADS` prints seconds and CPU seconds.
"""

import json
import logging
import resource
import sys
import threading
import time

from notifications_python_client import NotificationsAPIClient

from tests.benchmarks.words import API_KEY, PERSONALISATION, TEMPLATE_ID


def send(url: str, count: int) -> None:
    client = NotificationsAPIClient(API_KEY, base_url=url)
    for number in range(count):
        client.send_email_notification(
            email_address=f"person.{number}@example.com",
            template_id=TEMPLATE_ID,
            personalisation=PERSONALISATION,
            reference=f"bench-{number}",
        )


def main(url: str, count: int, threads: int) -> None:
    logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
    send(url, 20)
    began, used = time.perf_counter(), cpu()
    workers = [threading.Thread(target=send, args=(url, count // threads)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": cpu() - used}))


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
