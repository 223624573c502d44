"""HTTP/2 by hand, frame by frame, for what no client would send."""

import ssl
import struct

import hpack

from .stack import Answer

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    0, 1, 3, 4, 5, 6, 7, 8, 9)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 1, 7, 8, 11


def frame(kind, flags=0, stream=0, content=b"", length=None):
    """A frame; length, where it is to lie about its content's."""
    length = len(content) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + content


def request(path="/api/v1/key", method="GET", key=None, **further):
    """A request's fields, pseudo-headers first; further ones with - for _ in their names."""
    fields = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)]
    if key:
        fields.append(("authorization", f"Bearer {key}"))
    return fields + [(name.replace("_", "-"), value) for name, value in further.items()]


class Http2:
    """
    with Http2(stack) as http2:
        http2.open(1, request(key=stack.key))
        answer = http2.answer(1)

    A stream ends with an Answer, or with the number of the error that it, or the connection, was
    reset with.
    """

    def __init__(self, stack):
        context = ssl.create_default_context(cafile=stack.cacert)
        context.set_alpn_protocols(["h2"])
        self.connection = stack.connection(context)
        assert self.connection.selected_alpn_protocol() == "h2"
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.received = b""
        self.fields, self.bodies, self.ended = {}, {}, {}
        self.gone = None  # GOAWAY's error
        self.is_open = True
        self.send(PREFACE + frame(SETTINGS))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.connection.close()

    # --- What is sent ------------------------------------------------------------------------

    def send(self, content):
        """Also when the other side has gone: what it said before is there to be read."""
        try:
            self.connection.sendall(content)
        except OSError:
            self.is_open = False

    def block(self, fields):
        """Fields as HPACK has them, in this order, however they are spelt."""
        return self.encoder.encode(fields, huffman=False)

    def open(self, stream, fields, body=None):
        flags = END_HEADERS if body is not None else END_HEADERS | END_STREAM
        self.send(frame(HEADERS, flags, stream, self.block(fields)))
        if body is not None:
            self.send(frame(DATA, END_STREAM, stream, body))

    # --- What comes back ---------------------------------------------------------------------

    def answer(self, stream):
        """How the stream has ended; None when the connection is closed without a word."""
        while stream not in self.ended and self.gone is None and self.read():
            pass
        return self.ended.get(stream, self.gone)

    def until_gone(self):
        """Reads on until the other side says that it is going, or has closed."""
        while self.gone is None and self.read():
            pass
        return self.gone is not None or not self.is_open

    def read(self):
        """Takes one frame; false when there are no more."""
        try:
            while len(self.received) < 9 or len(self.received) < 9 + self.next_length():
                chunk = self.connection.recv(65536)
                if not chunk:
                    self.is_open = False
                    return False
                self.received += chunk
        except (ConnectionResetError, ssl.SSLError):
            self.is_open = False
            return False
        end = 9 + self.next_length()
        kind, flags, stream = struct.unpack(">BBI", self.received[3:9])
        content, self.received = self.received[9:end], self.received[end:]
        self.take(kind, flags, stream, content)
        return True

    def next_length(self):
        return struct.unpack(">I", b"\0" + self.received[:3])[0]

    def take(self, kind, flags, stream, content):
        if kind == HEADERS:
            self.fields[stream] = self.decoder.decode(content)
        elif kind == DATA:
            self.bodies[stream] = self.bodies.get(stream, b"") + content
        elif kind == RST_STREAM:
            self.ended.setdefault(stream, struct.unpack(">I", content)[0])
        elif kind == GOAWAY:
            self.gone = struct.unpack(">I", content[4:8])[0]
        elif kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            headers = dict(self.fields[stream])
            self.ended[stream] = Answer("HTTP/2", int(headers.pop(":status")), headers,
                                        self.bodies.get(stream, b""))
