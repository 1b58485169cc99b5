"""Carries bodies of every size into BUCKET and back by s5cmd, the program S5CMD, and compares them; then by a presigned
URL, which it makes by version 4.

    carry_s5cmd.py BUCKET S5CMD

s5cmd 2.3.0, which has the Go SDK v1, was seen to send the hash and Content-MD5, over TLS as plain; large bodies with
`Expect: 100-continue`.
"""

import sys
from pathlib import Path

import tools
from gateway import client, noise, sha256
from presigned import fetched

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
bucket, program = sys.argv[1:]
up, down = Path("up"), Path("down")
words = tools.s5cmd(program)


def run(*args, given=None):
    return tools.run(words, *args, given=given)


def same(what, key, body):
    run("cp", f"s3://{bucket}/{key}", str(down))
    got = down.read_bytes()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


def copied(what, body, *more):
    up.write_bytes(body)
    run("cp", "--part-size", "5", *more, str(up), f"s3://{bucket}/s5cmd/copied")
    same(what, "s5cmd/copied", body)


def piped(body):
    run("pipe", "--part-size", "5", f"s3://{bucket}/s5cmd/piped", given=body)
    same("pipe", "s5cmd/piped", body)


for size in SIZES:
    copied("cp", noise("cp", size))
    piped(noise("pipe", size))
piped(noise("pipe", 21 * MIB + 1))
copied("cp", noise("big", 100 * MIB))

s3 = client()
s3.delete_object(Bucket=bucket, Key="s5cmd/copied")
copied("coded", noise("coded", 70_001), "--content-encoding", "gzip", "--content-type", "text/x-a", "--metadata", "of=cp")
about = s3.head_object(Bucket=bucket, Key="s5cmd/copied")
assert about["ContentEncoding"] == "gzip" and about["ContentType"] == "text/x-a", about
assert about["Metadata"] == {"of": "cp"}, about
s3.delete_object(Bucket=bucket, Key="s5cmd/copied")
copied("not coded", noise("coded", 70_001))
assert "ContentEncoding" not in s3.head_object(Bucket=bucket, Key="s5cmd/copied")

listed = [line.split()[-2:] for line in run("ls", f"s3://{bucket}/s5cmd/").decode().splitlines()]
assert listed == [[str(70_001), "copied"], [str(21 * MIB + 1), "piped"]], listed
assert run("cat", f"s3://{bucket}/s5cmd/copied") == noise("coded", 70_001)
url = run("presign", "--expire", "10m", f"s3://{bucket}/s5cmd/copied").decode().strip()
assert "X-Amz-Algorithm=" in url, url
assert fetched(url) == noise("coded", 70_001)
