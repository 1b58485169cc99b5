"""Carries bodies of every size into BUCKET and back by curl, the program CURL of the environment, which signs and does
nothing else of S3, and compares them.

    carry_curl.py BUCKET

It sends as `x-amz-content-sha256` what it is told here: the hash, or UNSIGNED-PAYLOAD. Large bodies come with
`Expect: 100-continue`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from gateway import noise, sha256

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
bucket = sys.argv[1]
up, down, headers = Path("up"), Path("down"), Path("headers")
root = f"{os.environ['AWS_ENDPOINT_URL']}/{bucket}"


def run(url, *more, payload=sha256(b"")):
    """A request that declares `payload`; gives the body of the answer."""
    down.unlink(missing_ok=True)
    command = [
        *(os.environ["CURL"], "--silent", "--show-error", "--fail-with-body"),
        *("--aws-sigv4", f"aws:amz:{os.environ['AWS_DEFAULT_REGION']}:s3"),
        *("--user", f"{os.environ['AWS_ACCESS_KEY_ID']}:{os.environ['AWS_SECRET_ACCESS_KEY']}"),
        *("--header", f"x-amz-content-sha256: {payload}"),
        *(["--cacert", os.environ["AWS_CA_BUNDLE"]] if "AWS_CA_BUNDLE" in os.environ else []),
        *("--dump-header", str(headers), "--output", str(down), *more, url),
    ]
    ran = subprocess.run(command, stderr=subprocess.PIPE)
    got = down.read_bytes() if down.exists() else b""
    assert ran.returncode == 0, f"{more} {url}: {ran.stderr.decode()}{got.decode(errors='replace')}"
    return got


def put(what, body, payload=None, key="curl/put", more=()):
    up.write_bytes(body)
    run(f"{root}/{key}", "--upload-file", str(up), *more, payload=payload or sha256(body))
    same(what, key, body)


def same(what, key, body):
    got = run(f"{root}/{key}")
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


def post(url, document):
    return run(url, "--data-binary", document, "--header", "content-type: application/xml", payload=sha256(document.encode()))


def in_parts(what, body):
    """A query with a name and no value has its `=` here: curl signs what stands there."""
    begun = run(f"{root}/curl/parts?uploads=", "--request", "POST").decode()
    upload = re.search("<UploadId>(.*)</UploadId>", begun)[1]
    parts = ""
    for at in range(0, len(body), 5 * MIB):
        part, number = body[at : at + 5 * MIB], at // (5 * MIB) + 1
        up.write_bytes(part)
        url = f"{root}/curl/parts?partNumber={number}&uploadId={upload}"
        run(url, "--upload-file", str(up), payload=sha256(part))
        tag = re.search("(?im)^etag: *(.*?)\r?$", headers.read_text())[1]
        parts += f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
    document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    ended = post(f"{root}/curl/parts?uploadId={upload}", document).decode()
    assert "<CompleteMultipartUploadResult" in ended, ended
    same(what, "curl/parts", body)


for size in SIZES:
    put("put", noise("put", size))
    put("put, unsigned", noise("unsigned", size), payload="UNSIGNED-PAYLOAD")
in_parts("in parts", noise("parts", 21 * MIB + 1))
put("put with a kind", noise("kind", 70_001), more=["--header", "content-type: text/x-a", "--header", "x-amz-meta-of: curl"])
run(f"{root}/curl/put", "--head")
assert "x-amz-meta-of: curl" in headers.read_text().lower(), headers.read_text()
odd = quote("curl/ö + %2F ~()&=.txt")
put("odd key", noise("odd", 70_001), key=odd)

listed = run(f"{root}?list-type=2&max-keys=2&prefix=curl%2Fp").decode()
assert re.findall("<Key>(.*?)</Key>", listed) == ["curl/parts", "curl/put"], listed
for key in ["curl/parts", "curl/put", odd]:
    run(f"{root}/{key}", "--request", "DELETE")
listed = run(f"{root}?list-type=2&prefix=curl%2F").decode()
assert "<Key>" not in listed, listed
