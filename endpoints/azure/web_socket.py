"""One WebSocket of the client, over the connections that its requests use.

Proxy, certificate authorities, closed networks and deadlines are those of transport.py, and no redirect is followed:
websockets' own client would follow one with the key. Only the handshake and the frames are by websockets (its Sans-I/O
protocol), which needs no thread.
"""

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from . import errors
from .calls import told
from .deadline import Allowance, Deadline
from .error_body import read_error_body
from .observer import outcome_of
from .sending import COMMON_HEADERS, READ_SECONDS, ApiResponse, Sender, body_of, failure, opened, translated, unreadable
from .transport import httpx_exceptions

MESSAGE_BYTES = 1024 * 1024  # maximum size of a message
READ_BYTES = 65_536
_NOW = 0.01  # seconds for a read of what has arrived: with TLS it may be no data
_SILENT = logging.Logger(__name__, logging.CRITICAL + 1)  # websockets would log whole frames at DEBUG
_REFUSED = (1003, 1007, 1008, 1009, 1010)  # RFC 6455: the client's message is the reason
_FAILED = (1011, 1012, 1013, 1014)
_QUOTA = 4429  # of the Speech service


class WebSocket:
    """An open connection. Its methods raise SpeechError, also when the service closes it."""

    def __init__(self, operation: str, stream: Any, protocol: ClientProtocol, deadline: Deadline, sender: Sender):
        self._operation, self._stream, self._protocol = operation, stream, protocol
        self._deadline, self._redact = deadline, sender._authentication.redacted
        self._messages: deque[str | bytes] = deque()
        self._parts: list[bytes] = []  # of a message that came in several frames
        self._kind = Opcode.TEXT

    def send(self, message: str | bytes) -> None:
        """Send a message; a text as a text frame, bytes as a binary one."""
        if self._protocol.state is not State.OPEN:
            raise self._closed()
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        try:
            self._write()
        except errors.ConnectionLost:
            self._read_rest()  # what the service had to say before it closed the connection
            raise self._closed() from None

    def receive(self, seconds: float | None = None) -> str | bytes | None:
        """The next message; None if there is none within so many seconds, by default until the deadline."""
        until = self._deadline if seconds is None else Deadline(seconds)
        while not self._messages:
            if self._protocol.state is not State.OPEN:
                raise self._closed()
            if seconds is not None and not until.left() and not self._stream.get_extra_info("is_readable"):
                return None
            if not self._read(max(until.left(), _NOW)) and not until.left():
                return None
        return self._messages.popleft()

    def close(self) -> None:
        """Tell the service that the connection ends, without waiting for its answer."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            with suppress(errors.SpeechError):
                self._write()

    def _read(self, seconds: float) -> bool:
        """Take what arrives within so many seconds; False if nothing does. After the deadline TimedOut."""
        timeout = Allowance.of(self._deadline, seconds)
        try:
            with httpx_exceptions():
                data = self._stream.read(READ_BYTES, timeout)
        except httpx.ReadTimeout:
            if not self._deadline.left():
                raise errors.TimedOut("The service didn't respond in time.", operation=self._operation) from None
            return False
        except httpx.TransportError:
            data = b""
        self._take(data)
        with suppress(errors.SpeechError):  # the next read says what is wrong
            self._write()  # an answer to a ping
        return True

    def _read_rest(self) -> None:
        with suppress(errors.SpeechError):
            while self._protocol.state is State.OPEN and self._read(1.0):
                pass

    def _write(self) -> None:
        with translated(self._operation), httpx_exceptions():
            for data in self._protocol.data_to_send():
                if data:
                    self._stream.write(data, Allowance.of(self._deadline, READ_SECONDS))

    def _take(self, data: bytes) -> None:
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._add(event)

    def _add(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._kind = frame.opcode
        self._parts.append(bytes(frame.data))
        if frame.fin:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._messages.append(whole.decode("utf-8", "replace") if self._kind is Opcode.TEXT else whole)

    def _closed(self) -> errors.SpeechError:
        """The exception for a connection that ended before the answer was complete."""
        close, wrong = self._protocol.close_rcvd, self._protocol.parser_exc
        if wrong and not isinstance(wrong, EOFError):
            return unreadable(self._operation, "it doesn't follow the WebSocket protocol")
        if close is None:
            return errors.ConnectionLost("The connection to the service was lost.", operation=self._operation)
        reason = self._redact(close.reason)
        if close.code == _QUOTA or "quota" in reason.lower():
            return errors.TooManyRequests("The service received too many requests.", operation=self._operation)
        said = f"{reason} ({close.code})" if reason else f"({close.code})"
        if close.code in _REFUSED:
            sentence = f"The service rejected the request: {said}"
            known = {"status": 400, "code": str(close.code), "message": reason}
            return errors.Refused(sentence, operation=self._operation, **known)  # type: ignore[arg-type]  # mypy sees one type for all values
        if close.code in _FAILED:
            return errors.ServiceFault(f"The service failed: {said}", operation=self._operation, message=reason)
        sentence = f"The service closed the connection before it had answered: {said}"
        return errors.ConnectionLost(sentence, operation=self._operation)


@contextmanager
def web_socket(
    sender: Sender, operation: str, url: httpx.URL, deadline: Deadline, headers: Mapping[str, str], subprotocol: str
) -> Iterator[WebSocket]:
    """Open a WebSocket at an address, an https:// one, which gets the key or a token; it is closed at the end.

    A handshake that is refused raises what the refusal of a request does.
    """
    secure = "wss" if url.scheme == "https" else "ws"
    uri = parse_uri(str(url.copy_with(scheme=secure)))
    protocol = ClientProtocol(uri, subprotocols=[Subprotocol(subprotocol)], max_size=MESSAGE_BYTES, logger=_SILENT)
    handshake = protocol.connect()
    protocol.send_request(handshake)
    protocol.data_to_send()  # the request is sent by httpcore
    own = {name: value for name, value in handshake.headers.raw_items() if name.lower() != "host"}

    def request() -> httpx.Request:
        # A function of its own, so that no frame in the traceback of an error has the key in its variables.
        every = {**sender._authentication.headers(), **COMMON_HEADERS, **own, **headers}
        return httpx.Request("GET", url, headers=every, extensions={"timeout": deadline.timeouts(READ_SECONDS)})

    try:
        with told(operation, "GET") as call, opened(operation, sender._changing, request) as response:
            call.answered(response.status_code, response.headers)
            if response.status_code != 101:
                raise _refusal(sender, operation, response, deadline)
            protocol.receive_data(_head(response))
            if protocol.handshake_exc:
                raise unreadable(operation, "the handshake isn't that of a WebSocket", 101)
            protocol.events_received()
            socket = WebSocket(operation, response.extensions["network_stream"], protocol, deadline, sender)
            yield socket
            socket.close()
    except errors.SpeechError as error:
        if isinstance(error, errors.Unauthorized):
            sender._authentication.renew()  # for later requests
        if error.operation == operation:  # not the one that fetches a token
            sender._observer.called(operation, outcome_of(error))
        raise
    sender._observer.called(operation, "101")


def _refusal(sender: Sender, operation: str, response: httpx.Response, deadline: Deadline) -> errors.SpeechError:
    status, data = response.status_code, b""
    if status < 300:
        return unreadable(operation, "it isn't the handshake of a WebSocket", status)
    with suppress(errors.OutcomeUnknown), translated(operation, status=status):  # the status is sufficient
        data = body_of(operation, response, deadline, status)
    answer = ApiResponse(status, response.headers, data)
    return failure(operation, answer, read_error_body(data, sender._authentication.redacted))


def _head(response: httpx.Response) -> bytes:
    """The head of the answer, as websockets reads it to verify the handshake."""
    lines = [b"HTTP/1.1 101 Switching Protocols", *(name + b": " + value for name, value in response.headers.raw)]
    return b"\r\n".join([*lines, b"", b""])
