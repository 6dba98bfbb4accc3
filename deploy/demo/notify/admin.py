"""The administration: what tests and `kept run` ask and change, from this machine only."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.demo.notify import config, delivery, inboxes
from deploy.demo.notify.answers import Refused
from deploy.demo.notify.faults import WrongFault
from deploy.demo.notify.kinds import KEY_TYPES, MESSAGE_TYPES, Key, KeyType, MessageType
from deploy.demo.notify.messages import forget
from deploy.demo.notify.recipients import inbox_of
from deploy.demo.notify.standin import StandIn
from deploy.demo.notify.uploading import WrongUpload, by_hand

Answering = Callable[["Admin", Request, Any], Any]


class WrongRequest(Exception):
    """The administration does not understand; the message says what it wants."""


class Admin:
    """One method for each path. Each gives a JSON value, and wants a JSON body where it changes something."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin

    def health(self, _request: Request, _told: Any) -> Any:
        return {"ok": True}

    def inboxes(self, request: Request, _told: Any) -> Any:
        asked = request.query_params
        if asked.get("summary") == "1":
            return inboxes.summary(self.standin.store, asked.get("subject"))
        try:
            return inboxes.all_of_them(self.standin.store, asked.get("subject"), asked.get("after"))
        except ValueError as error:
            raise WrongRequest("after: not an ISO 8601 time") from error

    def inbox(self, request: Request, _told: Any) -> Any:
        return inboxes.one(self.standin.store, request.path_params["address"])

    def counts(self, _request: Request, _told: Any) -> Any:
        standin = self.standin
        accepted = standin.store.rows("SELECT key_type, count(*) AS n FROM messages GROUP BY key_type")
        statuses = standin.store.rows("SELECT status, count(*) AS n FROM messages GROUP BY status")
        return {
            "accepted": sum(row["n"] for row in accepted),
            "accepted_by_key_type": {row["key_type"]: row["n"] for row in accepted},
            "messages_by_status": {row["status"]: row["n"] for row in statuses},
            "denied": standin.requests["429"],
            "requests": dict(standin.requests),
            "requests_by_key_type": dict(standin.requests_by_key_type),
            "today": {kind: standin.daily.count(kind) for kind in MESSAGE_TYPES},
            "callbacks_waiting": standin.store.number("SELECT count(*) FROM callbacks"),
            "callback_attempts": standin.store.number("SELECT coalesce(sum(attempts), 0) FROM callbacks"),
        }

    def clock(self, _request: Request, told: Any) -> Any:
        match told:
            case {"advance_seconds": int() | float() as seconds}:
                self.standin.clock.offset_seconds += seconds
            case {"offset_seconds": int() | float() as seconds}:
                self.standin.clock.offset_seconds = float(seconds)
            case _:
                raise WrongRequest("advance_seconds or offset_seconds: a number")
        self.standin.store.remember("clock offset", self.standin.clock.offset_seconds)
        return {"offset_seconds": self.standin.clock.offset_seconds, "now": self.standin.clock.now()}

    def faults(self, _request: Request, _told: Any) -> Any:
        return self.standin.faults.shown()

    def add_faults(self, _request: Request, told: Any) -> Any:
        try:
            self.standin.faults.add(told)
        except WrongFault as error:
            raise WrongRequest(str(error)) from error
        return self.standin.faults.shown()

    def clear_faults(self, _request: Request, _told: Any) -> Any:
        self.standin.faults.clear()
        return self.standin.faults.shown()

    def outcomes(self, _request: Request, told: Any) -> Any:
        match told:
            case {"address": str(address), "status": str(status)} if status in delivery.OUTCOMES:
                inbox = inboxes.named(address)
            case _:
                raise WrongRequest(f"address, and status: one of {', '.join(delivery.OUTCOMES)}")
        with self.standin.store.transaction() as tx:
            tx.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?)", (inbox, status))
        delivery.wake(self.standin.store, inbox, self.standin.clock.now_us())
        return {"address": inbox, "status": status}

    def edit_template(self, request: Request, told: Any) -> Any:
        kinds = {"name": str, "subject": str, "body": str, "archived": bool}
        changes = _object(told)
        if not changes or not all(isinstance(changes[name], kinds.get(name, ())) for name in changes):
            raise WrongRequest("any of name, subject, body: text; archived: true or false")
        new = self.standin.templates.edit(request.path_params["id"], changes, self.standin.clock.now_us())
        return {"id": new.id, "version": new.version, "archived": new.archived}

    def add_key(self, _request: Request, told: Any) -> Any:
        try:
            key = config.key(told)
        except config.WrongConfig as error:
            raise WrongRequest(str(error)) from error
        self.standin.add_key(key)
        return {"type": key.type, "name": key.name}

    def revoke_key(self, request: Request, _told: Any) -> Any:
        old = self.standin.door.keys.get(request.path_params["secret"])
        if old is None:
            raise WrongRequest("no such key")
        self.standin.add_key(Key(old.secret, old.type, old.name, revoked=True))
        return {"type": old.type, "name": old.name, "revoked": True}

    def service(self, _request: Request, told: Any) -> Any:
        match told:
            case {"active": bool(active)}:
                self.standin.door.active = active
                return {"active": active}
        raise WrongRequest("active: true or false")

    def drain(self, _request: Request, told: Any) -> Any:
        key_type: KeyType | None = _object(told).get("key_type")
        if key_type is not None and key_type not in KEY_TYPES:
            raise WrongRequest(f"key_type: one of {', '.join(KEY_TYPES)}, or nothing for all")
        seconds = _object(told).get("seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise WrongRequest("seconds: for how long the other system goes on, a number")
        self.standin.rate.drain(self.standin.clock.now(), key_type, seconds)
        return self.standin.rate.kept()

    def daily(self, _request: Request, told: Any) -> Any:
        kind: MessageType = _object(told).get("type", "email")
        count = _object(told).get("count")
        if kind not in MESSAGE_TYPES or type(count) is not int or count < 0:
            raise WrongRequest("count: a whole number; type: email, sms or letter")
        self.standin.set_sent_today(kind, count)
        return {"type": kind, "count": count}

    def limits(self, _request: Request, told: Any) -> Any:
        changes = _object(told)
        if not changes or changes.keys() - {"rate_per_minute", "daily_limit_emails"}:
            raise WrongRequest("rate_per_minute, daily_limit_emails")
        if not all(type(value) is int and value > 0 for value in changes.values()):
            raise WrongRequest("whole numbers above nought")
        self.standin.set_limits(changes.get("rate_per_minute"), changes.get("daily_limit_emails"))
        return {
            "rate_per_minute": self.standin.rate.per_minute,
            "daily_limit_emails": self.standin.daily.limits["email"],
        }

    def upload(self, _request: Request, told: Any) -> Any:
        try:
            message = by_hand(self.standin.templates, _object(told))
        except WrongUpload as error:
            raise WrongRequest(str(error)) from error
        self.standin.keep(message)
        return {"id": message.id}

    def messages(self, request: Request, _told: Any) -> Any:
        asked = request.query_params
        return inboxes.rows(self.standin.store, asked.get("subject"), asked.get("reference"))

    def forget(self, request: Request, _told: Any) -> Any:
        forgotten = forget(self.standin.store, request.path_params["id"])
        if not forgotten:
            raise WrongRequest("no such message")
        return {"forgotten": forgotten}

    def forget_all(self, _request: Request, _told: Any) -> Any:
        return {"forgotten": forget(self.standin.store)}

    def replay(self, _request: Request, told: Any) -> Any:
        message_id = str(_object(told).get("notification_id"))
        with self.standin.store.transaction() as tx:
            if not delivery.call_about(self.standin, tx, message_id, self.standin.clock.now_us()):
                raise WrongRequest("notification_id: no such message, or no callback is set up")
        return {"notification_id": message_id}

    def pause(self, _request: Request, _told: Any) -> Any:
        self.standin.paused_callbacks = True
        return {"paused": True}

    def resume(self, _request: Request, _told: Any) -> Any:
        self.standin.paused_callbacks = False
        return {"paused": False}

    def lose(self, _request: Request, told: Any) -> Any:
        lost: dict[str, Any]
        match told:
            case {"to": str(address), **rest} if not rest:
                lost = {"to": inboxes.named(address)}
            case {"reference": str(prefix), **rest} if not rest:
                lost = {"reference": prefix}
            case {"share": int() | float() as share, **rest} if not rest and 0 <= share <= 1:
                lost = {"share": share}
            case _:
                raise WrongRequest("to: an address; or reference: a prefix; or share: from 0 to 1")
        self.standin.lose_callbacks([*self.standin.lost_callbacks, lost])
        return self.standin.lost_callbacks

    def lose_none(self, _request: Request, _told: Any) -> Any:
        self.standin.lose_callbacks([])
        return self.standin.lost_callbacks

    def receive_text(self, _request: Request, told: Any) -> Any:
        match told:
            case {"from": str(sender), "message": str(message)}:
                return {"id": self.standin.receive_text(inbox_of("sms", sender), message)}
        raise WrongRequest("from: a mobile number; message: text")


def routes(standin: StandIn) -> list[Route]:
    admin = Admin(standin)
    return [
        _route(admin, path, method, answer)
        for path, method, answer in (
            ("/health/live", "GET", Admin.health),
            ("/admin/health", "GET", Admin.health),
            ("/admin/inboxes", "GET", Admin.inboxes),
            ("/admin/inboxes/{address:path}", "GET", Admin.inbox),
            ("/admin/counts", "GET", Admin.counts),
            ("/admin/clock", "POST", Admin.clock),
            ("/admin/faults", "GET", Admin.faults),
            ("/admin/faults", "POST", Admin.add_faults),
            ("/admin/faults", "DELETE", Admin.clear_faults),
            ("/admin/outcomes", "POST", Admin.outcomes),
            ("/admin/templates/{id}", "POST", Admin.edit_template),
            ("/admin/keys", "POST", Admin.add_key),
            ("/admin/keys/{secret}/revoke", "POST", Admin.revoke_key),
            ("/admin/service", "POST", Admin.service),
            ("/admin/bucket/drain", "POST", Admin.drain),
            ("/admin/daily", "POST", Admin.daily),
            ("/admin/limits", "POST", Admin.limits),
            ("/admin/uploads", "POST", Admin.upload),
            ("/admin/messages", "GET", Admin.messages),
            ("/admin/messages", "DELETE", Admin.forget_all),
            ("/admin/messages/{id}", "DELETE", Admin.forget),
            ("/admin/callbacks/lose", "POST", Admin.lose),
            ("/admin/callbacks/lose", "DELETE", Admin.lose_none),
            ("/admin/callbacks/replay", "POST", Admin.replay),
            ("/admin/callbacks/pause", "POST", Admin.pause),
            ("/admin/callbacks/resume", "POST", Admin.resume),
            ("/admin/received-texts", "POST", Admin.receive_text),
        )
    ]


def _route(admin: Admin, path: str, method: str, answer: Answering) -> Route:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            return JSONResponse(answer(admin, request, json.loads(raw) if raw else None))
        except WrongRequest as error:
            return JSONResponse({"error": str(error)}, 422)
        except Refused as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
        except ValueError:
            return JSONResponse({"error": "the body is not JSON"}, 400)

    wrapped: Callable[[Request], Awaitable[Response]] = endpoint
    return Route(path, wrapped, methods=[method])


def _object(told: Any) -> dict[str, Any]:
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise WrongRequest("a JSON object")
    return told
