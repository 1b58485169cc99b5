"""Carries bodies of every size into BUCKET and back by s3cmd, the program S3CMD, under signatures of VERSION, and compares
them.

    carry_s3cmd.py BUCKET S3CMD v2|v4

s3cmd 2.4.0 was seen to send, over TLS as plain:

    v4    the hash of each body
    v2    no hash, and `x-amz-date` instead of `Date`

With each object comes `x-amz-storage-class: STANDARD`, before most commands goes GetBucketLocation. Of one object it asks
DeleteObject, of several DeleteObjects.
"""

import sys
from pathlib import Path

import tools
from gateway import noise, sha256
from presigned import fetched

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
bucket, program, version = sys.argv[1:]
up, down = Path("up"), Path("down")

words = tools.s3cmd(program, version)


def run(*args, given=None):
    return tools.run(words, *args, given=given)


def same(what, key, body):
    run("get", "--force", f"s3://{bucket}/{key}", str(down))
    got = down.read_bytes()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


def put(what, body, *more, key="s3cmd/put"):
    up.write_bytes(body)
    run("put", "--multipart-chunk-size-mb=5", *more, str(up), f"s3://{bucket}/{key}")
    same(what, key, body)


for size in SIZES:
    put("put", noise("put", size))
put("put in parts", noise("parts", 21 * MIB + 1))
put("put with a kind", noise("kind", 70_001), "--mime-type=text/x-a", "--add-header=Content-Encoding:gzip")
odd = "s3cmd/ö + %2F ~'()&=.txt"
put("odd key", noise("odd", 70_001), key=odd)

# Within the store nothing passes through the client.
run("cp", f"s3://{bucket}/{odd}", f"s3://{bucket}/s3cmd/copied ö+")
same("cp within the store", "s3cmd/copied ö+", noise("odd", 70_001))
run("mv", f"s3://{bucket}/s3cmd/copied ö+", f"s3://{bucket}/s3cmd/moved")
same("mv within the store", "s3cmd/moved", noise("odd", 70_001))
run("del", f"s3://{bucket}/s3cmd/moved")

listed = run("ls", "--recursive", f"s3://{bucket}/s3cmd/").decode()
assert [line.split(maxsplit=3)[2:] for line in listed.splitlines()] == [
    [str(70_001), f"s3://{bucket}/{key}"] for key in ["s3cmd/put", odd]
], listed
assert f"s3://{bucket}\n" in run("ls").decode()

body = noise("signed", 70_001)
put("to be signed", body)
# Its signatures of URLs are of version 2 alone.
for key, sent in [("s3cmd/put", body), (odd, noise("odd", 70_001))]:
    url = run("signurl", f"s3://{bucket}/{key}", "+600").decode().strip()
    assert "AWSAccessKeyId=" in url, url
    assert fetched(url) == sent, f"presigned: {key}"

run("del", f"s3://{bucket}/{odd}")
put("again", noise("odd", 1), key=odd)
run("del", "--recursive", "--force", f"s3://{bucket}/s3cmd/")
assert run("ls", "--recursive", f"s3://{bucket}/s3cmd/") == b""
