"""Carries bodies of every size into BUCKET and back by rclone, the program RCLONE, under signatures of VERSION, and compares
them.

    carry_rclone.py BUCKET RCLONE v2|v4

rclone 1.76.0, with `provider = Other`, was seen to send as `x-amz-content-sha256`, under either version:

                  over TLS            plain
    an object     UNSIGNED-PAYLOAD    UNSIGNED-PAYLOAD
    a part        UNSIGNED-PAYLOAD    the hash

Large bodies come with `Expect: 100-continue`. Under version 2 its `Date` says `UTC`, where HTTP has `GMT`.
"""

import json
import sys
from pathlib import Path

import tools
from gateway import client, noise, sha256
from presigned import fetched

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
bucket, program, version = sys.argv[1:]
up, down = Path("up"), Path("down")

words = tools.rclone(program, version)


def run(*args, given=None):
    return tools.run(words, *args, given=given)


def same(what, key, body):
    run("copyto", f"gateway:{bucket}/{key}", str(down))
    got = down.read_bytes()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


def copied(what, body, *more, key="rclone/copied"):
    up.write_bytes(body)
    # What is there already is not sent again if time and size are the same.
    run("copyto", "--ignore-times", *more, str(up), f"gateway:{bucket}/{key}")
    same(what, key, body)


def piped(body):
    run("rcat", f"gateway:{bucket}/rclone/piped", given=body)
    got = run("cat", f"gateway:{bucket}/rclone/piped")
    assert sha256(got) == sha256(body), f"pipe: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"pipe, {len(body)} bytes")


for size in SIZES:
    copied("copyto", noise("copied", size))
    piped(noise("pipe", size))
copied("copyto in parts", noise("parts", 21 * MIB + 1))
piped(noise("pipe", 21 * MIB + 1))
copied("copyto, not hashed", noise("not hashed", 70_001), "--s3-disable-checksum")
odd = "rclone/ö + %2F ~'()&=.txt"
copied("odd key", noise("odd", 70_001), "--header-upload", "Content-Encoding: gzip", key=odd)
assert client().head_object(Bucket=bucket, Key=odd)["ContentEncoding"] == "gzip"

# Within the store nothing passes through the client: with the store's own copy, from 5 MiB on in parts.
run("copyto", "--s3-copy-cutoff", "5Mi", f"gateway:{bucket}/{odd}", f"gateway:{bucket}/rclone/copied ö+")
same("copyto within the store", "rclone/copied ö+", noise("odd", 70_001))
run("moveto", f"gateway:{bucket}/rclone/copied ö+", f"gateway:{bucket}/rclone/moved")
same("moveto within the store", "rclone/moved", noise("odd", 70_001))
run("copyto", "--s3-copy-cutoff", "5Mi", f"gateway:{bucket}/rclone/piped", f"gateway:{bucket}/rclone/in parts")
same("copyto within the store, in parts", "rclone/in parts", noise("pipe", 21 * MIB + 1))
about = client().head_object(Bucket=bucket, Key="rclone/in parts")
assert about["ETag"].strip('"').endswith("-5"), about
for key in ["rclone/moved", "rclone/in parts"]:
    run("deletefile", f"gateway:{bucket}/{key}")

listed = json.loads(run("lsjson", "--recursive", "--files-only", f"gateway:{bucket}/rclone"))
assert [(entry["Path"], entry["Size"]) for entry in listed] == [
    ("copied", 70_001),
    ("piped", 21 * MIB + 1),
    (odd.removeprefix("rclone/"), 70_001),
], listed
assert bucket in [entry["Path"] for entry in json.loads(run("lsjson", "gateway:"))]

# Its signatures of URLs are of version 4 alone.
for key, sent in [("rclone/copied", noise("not hashed", 70_001)), (odd, noise("odd", 70_001))]:
    url = run("link", "--expire", "10m", f"gateway:{bucket}/{key}").decode().strip()
    assert "X-Amz-Algorithm=" in url, url
    assert fetched(url) == sent, f"presigned: {key}"

for key in ["rclone/copied", "rclone/piped", odd]:
    run("deletefile", f"gateway:{bucket}/{key}")
assert json.loads(run("lsjson", "--recursive", f"gateway:{bucket}")) == []
