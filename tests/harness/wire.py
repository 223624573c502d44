"""A client's end of HTTP/1.1: one connection that is kept, and made anew after it was lost."""

import http.client


class Wire:
    """wire = Wire(stack.connection); status, headers, body = wire.exchange("GET", path, headers)

    Raises OSError or HTTPException when no answer came, or not whole; is_answering then says whether
    its head had come, and is_kept whether the connection had served before."""

    def __init__(self, connect):
        self.connect = connect
        self.connection = None
        self.is_kept = False
        self.is_answering = False

    def exchange(self, method, path, headers, body=None):
        self.is_kept = self.connection is not None
        self.is_answering = False
        try:
            return self._exchange(method, path, headers, body)
        except BaseException:
            self.hang_up()
            raise

    def _exchange(self, method, path, headers, body):
        if self.connection is None:
            self.connection = self.connect()
        length = {} if body is None else {"Content-Length": len(body)}
        lines = "".join(f"{name}: {value}\r\n"
                        for name, value in {"Host": "localhost", **headers, **length}.items())
        self.connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b""))
        answer = http.client.HTTPResponse(self.connection, method=method)
        answer.begin()
        self.is_answering = True
        received = {name.lower(): value for name, value in answer.getheaders()}
        content = answer.read()
        if answer.will_close:
            self.hang_up()
        return answer.status, received, content

    def hang_up(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
