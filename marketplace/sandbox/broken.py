"""The answers that struck calls get: an error, garbage, or a connection closed without a word."""

import json
import socket
import struct

from flask import Response, request

from .faults import BrokenAnswer
from .ids import new_id


def broken_answer(fault: BrokenAnswer) -> Response:
    """The answer a struck call gets."""
    if fault.kind == "garbage":
        return Response(b"<html>\x00" + fault.garbage, 200, content_type="application/json")
    if fault.kind == "reset":
        _hang_up()
        return Response(status=502)
    words = {
        "500": ("api_error", None, "Fault on demand: something went wrong on our end."),
        "409": ("idempotency_error", "idempotency_key_in_use", "Fault on demand: another request uses this key."),
        "429": ("invalid_request_error", "rate_limit", "Fault on demand: too many requests."),
    }
    kind, code, message = words[fault.kind]
    answer = Response(
        json.dumps({"error": {"type": kind, **({"code": code} if code else {}), "message": message}}),
        int(fault.kind),
        content_type="application/json",
    )
    answer.headers["Stripe-Should-Retry"] = "true"
    answer.headers["Request-Id"] = new_id("req", 14)
    return answer


def _hang_up() -> None:
    """Close the caller's connection without an answer; both servers in use hand their socket over."""
    line = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if isinstance(line, socket.socket):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.shutdown(socket.SHUT_RDWR)
