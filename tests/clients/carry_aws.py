"""Carries bodies of every size into BUCKET and back by the AWS CLI, called as AWS…, and compares them.

    carry_aws.py BUCKET AWS…

What it was seen to send as `x-amz-content-sha256`:

                                     over TLS                              plain
    1.46.3, default                  STREAMING-UNSIGNED-PAYLOAD-TRAILER,   the hash, checksum in a header
                                     without Content-Length
    1.46.3, when_required            the hash                              the hash
    2.9.19, default                  UNSIGNED-PAYLOAD and Content-MD5      the hash and Content-MD5
    2.9.19, --checksum-algorithm     as 1.46.3 by default                  as 1.46.3 by default

Each body comes with `Expect: 100-continue`.
"""

import os
import subprocess
import sys
from pathlib import Path

from gateway import client, noise, sha256

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
bucket, *aws = sys.argv[1:]
up, down = Path("up"), Path("down")


def run(*args, given=None, env=os.environ):
    # Before 2.13 the CLI does not know the variable.
    command = [*aws, "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *args]
    ran = subprocess.run(command, input=given, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.returncode == 0, f"{args}: {ran.stderr.decode()}"
    return ran.stdout


def same(what, key, body):
    run("s3", "cp", "--quiet", f"s3://{bucket}/{key}", str(down))
    got = down.read_bytes()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


def copied(what, body, *more, env=os.environ):
    up.write_bytes(body)
    run("s3", "cp", "--quiet", *more, str(up), f"s3://{bucket}/aws/copied", env=env)
    same(what, "aws/copied", body)


def piped(body):
    run("s3", "cp", "-", f"s3://{bucket}/aws/piped", given=body)
    got = run("s3", "cp", f"s3://{bucket}/aws/piped", "-")
    assert sha256(got) == sha256(body), f"pipe: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"pipe, {len(body)} bytes")


def put(what, body, *more):
    up.write_bytes(body)
    run("s3api", "put-object", "--bucket", bucket, "--key", "aws/put", "--body", str(up), *more)
    same(what, "aws/put", body)


for size in SIZES:
    copied("cp", noise("cp", size))
    piped(noise("pipe", size))
piped(noise("pipe", 21 * MIB + 1))
copied("cp", noise("big", 100 * MIB))
required = {"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
for size in [1, 100 * MIB]:
    copied("cp, when_required", noise("big", size), env=os.environ | required)

for algorithm in ["CRC32", "CRC32C", "SHA1", "SHA256"]:
    put(f"put-object, {algorithm}", noise("put", 5 * MIB), "--checksum-algorithm", algorithm)

s3 = client()
s3.delete_object(Bucket=bucket, Key="aws/copied")
more = ["--content-encoding", "gzip", "--content-type", "text/x-a", "--metadata", "of=cp"]
copied("coded", noise("coded", 70_001), *more)
about = s3.head_object(Bucket=bucket, Key="aws/copied")
assert about["ContentEncoding"] == "gzip" and about["ContentType"] == "text/x-a", about
assert about["Metadata"] == {"of": "cp"}, about
s3.delete_object(Bucket=bucket, Key="aws/copied")
copied("not coded", noise("coded", 70_001))
assert "ContentEncoding" not in s3.head_object(Bucket=bucket, Key="aws/copied")
