"""Prints requests that curl signed by `--aws-sigv4`, one JSON object a line.

    python sign_curl.py HOST COUNT CURL

The key is that of the environment. curl believes that it speaks to HOST, and speaks to a server in here, which takes its
requests down. It is told the hash of the body, and gets queries that are sorted and have a value for each name: others
some versions sign in a form that is not AWS's.
"""

import json
import os
import random
import subprocess
import sys
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

from awkward import key, text

host, count, curl = sys.argv[1], int(sys.argv[2]), sys.argv[3]
rng = random.Random(3)
caught = []


class Catcher(BaseHTTPRequestHandler):
    """Takes a request down, and answers it with nothing."""

    protocol_version = "HTTP/1.1"

    def catch(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        caught.append({"method": self.command, "target": self.path, "headers": self.headers.items(), "body": body})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = catch

    def log_message(self, *_):
        pass


def escaped(name_or_value):
    return quote(name_or_value, safe="")


def query(**parameters):
    return "?" + "&".join(f"{name.replace('_', '-')}={escaped(value)}" for name, value in sorted(parameters.items()))


def request():
    """A method, a target, headers and a body."""
    at_key = "/lake/" + quote(key(rng), safe="/")
    upload_id = text(rng, 1, 4)
    # Or curl says of a body that it is a form.
    typed = {"Content-Type": "text/plain; a=b"}
    stored = {"X-Amz-Meta-B": "b", "x-amz-meta-a": "a c", "x-amz-storage-class": "STANDARD"}
    stored = dict(rng.sample(sorted(stored.items()), 2)) | typed
    of_list = {"delimiter": "/", "max_keys": "7", "prefix": text(rng, 1, 6)}
    return rng.choice([
        ("GET", "/", {}, ""),
        ("GET", "/lake" + query(**of_list, marker=text(rng, 1, 4)), {}, ""),
        ("GET", "/lake/" + query(**of_list, list_type="2", start_after=text(rng, 1, 4)), {}, ""),
        ("GET", at_key, {"Range": "bytes=0-9"}, ""),
        ("HEAD", at_key, {}, ""),
        ("DELETE", at_key, {}, ""),
        ("PUT", at_key, stored, "a body"),
        ("POST", at_key + "?uploads=", stored, ""),
        ("PUT", f"{at_key}?partNumber=3&uploadId={escaped(upload_id)}", typed, "a part"),
        ("GET", at_key + f"?uploadId={escaped(upload_id)}", {}, ""),
    ])


server = ThreadingHTTPServer(("127.0.0.1", 0), Catcher)
Thread(target=server.serve_forever, daemon=True).start()
catcher = f"{host}:127.0.0.1:{server.server_port}"
user = f"{os.environ['AWS_ACCESS_KEY_ID']}:{os.environ['AWS_SECRET_ACCESS_KEY']}"
for number in range(count):
    method, target, headers, body = request()
    hashes = [sha256(body.encode()).hexdigest(), "UNSIGNED-PAYLOAD"]
    headers = headers | {"x-amz-content-sha256": rng.choice(hashes)}
    args = [curl, "--disable", "--silent", "--show-error", "--path-as-is", "--aws-sigv4", "aws:amz:us-east-1:s3"]
    args += ["--config", "-", "--connect-to", catcher, "--output", "/dev/null"]
    args += ["--head"] if method == "HEAD" else ["--request", method]
    args += ["--data-binary", body] if body else []
    for name, value in headers.items():
        args += ["--header", f"{name}: {value}"]
    # Not among the arguments, which all can see.
    subprocess.run([*args, f"http://{host}{target}"], input=f"user = \"{user}\"\n", text=True, check=True, timeout=60)
    print(json.dumps(caught.pop()))
