"""A small HTTP server on loopback: what the helpers of this folder have in common.

It prints one line, `listening on http://127.0.0.1:PORT`. With --with-parent it ends with its standard input, so
that a test that dies leaves no server behind.
"""

import json
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

OCTETS = "application/octet-stream"


class Refusal(Exception):
    """What the client did wrong; answered with status 400, or the status given, and this text."""

    def __init__(self, text, status=400):
        super().__init__(text)
        self.status = status


def answer_bytes(body):
    return body, OCTETS


def answer_json(value):
    """NaN and infinities would be no JSON, so they are errors here."""
    return json.dumps(value, allow_nan=False).encode(), "application/json"


def handler_for(routes):
    """Makes the handler class of `routes`: (method, path) -> function of the body that returns (body, type)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                path = unquote(urlsplit(self.path).path)
                route = routes.get((self.command, path))
                if route is None:
                    raise Refusal(f"no such path: {self.command} {path}", 404)
                status, (reply, kind) = 200, route(body)
            except Refusal as refusal:
                status, reply, kind = refusal.status, str(refusal).encode(), "text/plain; charset=utf-8"
            except Exception as error:  # The frameworks refuse wrong input with exceptions of every kind.
                if "--verbose" in sys.argv:
                    traceback.print_exc()
                text = f"{type(error).__name__}: {error}"
                status, reply, kind = 400, text.encode(), "text/plain; charset=utf-8"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST = answer

        def log_message(self, *args):
            pass

    return Handler


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


def listen(routes):
    """Serves `routes` on a free port of the loopback address, in a thread; returns its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(routes))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def serve(routes):
    """Serves `routes` until the process is ended."""
    if "--with-parent" in sys.argv:
        threading.Thread(target=end_with_parent, daemon=True).start()
    print(f"listening on {listen(routes)}", flush=True)
    threading.Event().wait()
