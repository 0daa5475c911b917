"""Hosts as they are: their types, their headers, and Debian's nginx as it comes."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.utils import free_port, is_connectable

from export.stages.nginx import find
from tests.browser.server import Handler, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

NGINX = """
daemon off; master_process off; pid {work}/pid; error_log {work}/errors;
events {{ worker_connections 768; }}
http {{
  include {types}; default_type application/octet-stream;
  sendfile on; tcp_nopush on; gzip on; access_log off;
  client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }}
}}
"""
START_S = 10


class Host(Server):
    """A server with types and headers of its own.

    Args:
        types: By suffix, in place of the right ones; None sends none.
        headers: More of them, with each answer.
        unknown: Suffixes whose files it does not serve: 404.
    """

    def __init__(self, root, *, types=None, headers=None, unknown=()) -> None:
        self.types, self.headers, self.unknown = types or {}, headers or {}, unknown
        self.forgotten = threading.Event()
        super().__init__(root)

    def finish_request(self, request, client_address):
        """Answer with this host's types and headers."""
        host = self

        class Answering(Handler):
            def send_head(self):
                if not self.path.endswith(host.unknown):
                    return super().send_head()
                self.send_error(404)
                return None

            def guess_type(self, path):
                suffix = Path(path).suffix
                return host.types.get(suffix, host.types.get("*", super().guess_type(path)))

            def send_header(self, keyword, value):
                if value is not None:
                    super().send_header(keyword, value)

            def end_headers(self):
                for name, value in host.headers.items():
                    self.send_header(name, value)
                super().end_headers()

        Answering(request, client_address, self, directory=str(self.folder))


@contextmanager
def host(root, **answers: object) -> Iterator[Host]:
    """A host that serves a folder until the block ends."""
    running = Host(root, **answers)
    yield running
    running.stop()


@contextmanager
def nginx(root, work) -> Iterator[int]:
    """Debian's nginx with its own types and default type; gives its port."""
    place = find()
    if place is None:
        pytest.skip("Install nginx to see the site on it (on Debian: apt-get install nginx-light).")
    program, types = place / "usr/sbin/nginx", place / "etc/nginx/mime.types"
    port, config = free_port(), work / "nginx.conf"
    config.write_text(NGINX.format(work=work, port=port, root=root, types=types))
    command = [program, "-c", config, "-e", work / "errors"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + START_S
            while not is_connectable(port) and time.monotonic() < end:
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
