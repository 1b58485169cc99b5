"""Carries bodies of every size into BUCKET and back by mc, the program MC, and compares them.

    carry_mc.py BUCKET MC

mc of March 2025, with minio-go 7.0.88, was seen to send as `x-amz-content-sha256`:

                  over TLS                              plain
    default       UNSIGNED-PAYLOAD                      STREAMING-AWS4-HMAC-SHA256-PAYLOAD
    --checksum    STREAMING-UNSIGNED-PAYLOAD-TRAILER    STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
    pipe          as by default, in parts, with a CRC-32C in a header

A body of no bytes comes in chunks of HTTP where it is framed and has no trailer. The line of a checksum in a trailer ends
in LF CRLF. Before `cp` it asks GetObjectLockConfiguration, and does without an answer. `rm` is DeleteObjects, of one object
too. `share upload` is an upload by an HTML form, and is not here.
"""

import json
import sys
from pathlib import Path

import tools
from gateway import client, noise, sha256
from presigned import fetched

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
bucket, program = sys.argv[1:]
up, down = Path("up"), Path("down")
mc = tools.mc(program)


def run(*args, given=None):
    return tools.run(mc, *args, given=given)


def told(*args):
    return [json.loads(line) for line in run("--json", *args).splitlines()]


def same(what, key, body):
    run("cp", f"gateway/{bucket}/{key}", str(down))
    got = down.read_bytes()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


def put(what, body, *more):
    up.write_bytes(body)
    run("put", "--part-size", "5MiB", *more, str(up), f"gateway/{bucket}/mc/put")
    same(what, "mc/put", body)


def copied(what, body, *more, key="mc/copied"):
    up.write_bytes(body)
    run("cp", *more, str(up), f"gateway/{bucket}/{key}")
    same(what, key, body)


def piped(body):
    run("pipe", f"gateway/{bucket}/mc/piped", given=body)
    got = run("cat", f"gateway/{bucket}/mc/piped")
    assert sha256(got) == sha256(body), f"pipe: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"pipe, {len(body)} bytes")


for size in SIZES:
    copied("cp", noise("cp", size))
    piped(noise("pipe", size))
    copied("cp, CRC32C", noise("sum", size), "--checksum", "CRC32C")
for algorithm in ["CRC32", "CRC64NVME", "SHA1", "SHA256"]:
    copied(f"cp, {algorithm}", noise("sum", 70_001), "--checksum", algorithm)
put("put in parts", noise("parts", 21 * MIB + 1))
put("put in parts, CRC32C", noise("parts", 21 * MIB + 1), "--checksum", "CRC32C")
copied("cp, with its hash", noise("hash", 70_001), "--md5")
odd = "mc/ö + %2F ~'()&=.txt"
copied("odd key", noise("odd", 70_001), "--attr", "Content-Encoding=gzip;of=mc", key=odd)
about = client().head_object(Bucket=bucket, Key=odd)
assert about["ContentEncoding"] == "gzip" and about["Metadata"]["of"] == "mc", about

# Within the store nothing passes through the client.
run("cp", f"gateway/{bucket}/{odd}", f"gateway/{bucket}/mc/again ö+")
same("cp within the store", "mc/again ö+", noise("odd", 70_001))
run("cp", f"gateway/{bucket}/mc/put", f"gateway/{bucket}/mc/again ö+")
same("cp within the store, of parts", "mc/again ö+", noise("parts", 21 * MIB + 1))
client().delete_object(Bucket=bucket, Key="mc/again ö+")

listed = told("ls", "--recursive", f"gateway/{bucket}/mc/")
assert [(entry["key"], entry["size"]) for entry in listed] == [
    ("copied", 70_001),
    ("piped", 5 * MIB),
    ("put", 21 * MIB + 1),
    (odd.removeprefix("mc/"), 70_001),
], listed
assert f"{bucket}/" in [entry["key"] for entry in told("ls", "gateway")]
[about] = told("stat", f"gateway/{bucket}/mc/copied")
assert about["size"] == 70_001, about

for key, sent in [("mc/copied", noise("hash", 70_001)), (odd, noise("odd", 70_001))]:
    [shared] = told("share", "download", "--expire", "10m", f"gateway/{bucket}/{key}")
    assert fetched(shared["share"]) == sent, f"presigned: {key}"

run("rm", f"gateway/{bucket}/{odd}")
assert odd.removeprefix("mc/") not in [entry["key"] for entry in told("ls", "--recursive", f"gateway/{bucket}/mc/")]
run("rm", "--recursive", "--force", f"gateway/{bucket}/mc/")
assert told("ls", "--recursive", f"gateway/{bucket}/mc/") == []
