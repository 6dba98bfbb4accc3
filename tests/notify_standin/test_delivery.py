"""What becomes of a message, and the calls about it."""

from tests.notify_standin.conftest import (
    ANY_TEXT,
    LETTER,
    Running,
    Service,
    Starter,
    wait_until,
)

WORDS = {"subject": "An update", "body": "Words"}
THREE_DAYS = 3 * 86_400


def send(notify: Running, address: str, key: str = "live") -> str:
    return str(notify.client(key).send_email_notification(address, ANY_TEXT, WORDS, reference="r")["id"])


def test_a_message_goes_from_created_to_sending_to_delivered(start: Starter, address: str) -> None:
    notify = start(delivery_seconds=0.6)
    message_id = send(notify, address)
    assert notify.status(message_id) == "created"
    notify.becomes(message_id, "sending")
    notify.becomes(message_id, "delivered")


def test_what_is_sending_for_three_days_fails_for_a_time_and_stays_so(start: Starter, address: str) -> None:
    notify = start()
    notify.tell("outcomes", {"address": address, "status": "sending"})
    message_id = send(notify, address)
    notify.becomes(message_id, "sending")
    notify.tell("clock", {"advance_seconds": THREE_DAYS + 1})
    wait_until(lambda: notify.inbox(address)[0]["status"] == "temporary-failure")
    notify.tell("outcomes", {"address": address, "status": "delivered"})
    notify.tell("clock", {"offset_seconds": 0})
    assert notify.status(message_id) == "temporary-failure"


def test_what_waits_goes_on_when_its_outcome_changes(notify: Running, address: str) -> None:
    notify.tell("outcomes", {"address": address, "status": "created"})
    message_id = send(notify, address)
    wait_until(lambda: notify.admin.get("/admin/counts").json()["accepted"] > 0)
    assert notify.status(message_id) == "created"
    notify.tell("outcomes", {"address": address, "status": "permanent-failure"})
    notify.becomes(message_id, "permanent-failure")


def test_letters_are_printed_at_half_past_five_and_then_received(start: Starter) -> None:
    notify = start()
    lines = {"address_line_1": "A Person", "address_line_2": "1 The Street", "address_line_3": "SW1A 1AA"}
    answer = notify.client().send_letter_notification(LETTER, {**lines, "heading": "H", "body": "B"})
    assert notify.status(answer["id"]) == "accepted"
    notify.tell("clock", {"advance_seconds": 86_400})
    wait_until(lambda: notify.admin.get("/admin/counts").json()["messages_by_status"] == {"delivered": 1})
    notify.tell("clock", {"offset_seconds": 0})
    assert notify.status(answer["id"]) == "received"


def test_a_service_that_is_not_there_is_called_when_it_is_back(start: Starter, address: str) -> None:
    notify = start(callback={"url": "http://127.0.0.1:9/receipts", "token": "t"})
    send(notify, address)
    wait_until(lambda: notify.admin.get("/admin/counts").json()["callback_attempts"] == 1)


def test_a_service_that_hangs_up_after_each_answer_is_called_without_a_retry(
    start: Starter, service: Service
) -> None:
    service.hangs_up = True
    notify = start(callback=service.callback())
    for number in range(40):
        send(notify, f"p{number}@example.com")
    wait_until(lambda: len(service.calls) == 40)
    wait_until(lambda: notify.admin.get("/admin/counts").json()["callbacks_waiting"] == 0)


def test_a_service_that_is_too_slow_is_called_again(start: Starter, service: Service, address: str) -> None:
    service.slow_seconds = 5.5
    notify = start(callback=service.callback())
    send(notify, address)
    wait_until(lambda: notify.admin.get("/admin/counts").json()["callback_attempts"] == 1)


def test_a_call_can_be_repeated_and_calls_can_wait(start: Starter, service: Service, address: str) -> None:
    notify = start(callback=service.callback())
    notify.tell("callbacks/pause")
    message_id = send(notify, address)
    notify.becomes(message_id, "delivered")
    notify.tell("callbacks/replay", {"notification_id": message_id})
    assert service.calls == []
    notify.tell("callbacks/resume")
    wait_until(lambda: len(service.calls) == 2)
    assert service.calls[0] == service.calls[1]


def test_a_received_text_calls_the_service(start: Starter, service: Service) -> None:
    notify = start(received_texts_callback=service.callback())
    notify.tell("received-texts", {"from": "07700 900982", "message": "STOP"})
    wait_until(lambda: bool(service.calls))
    [call] = service.calls
    assert (call["source_number"], call["message"]) == ("447700900982", "STOP")
    assert call.keys() == {"id", "source_number", "destination_number", "message", "date_received"}
