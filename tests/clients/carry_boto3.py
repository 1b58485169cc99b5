"""Carries bodies of every size into BUCKET and back in each way that boto3 has, and compares them.

What boto3 1.44.5 was seen to send as `x-amz-content-sha256`:

                                     over TLS                              plain
    default, each ChecksumAlgorithm  STREAMING-UNSIGNED-PAYLOAD-TRAILER,   the hash, checksum in a header
                                     without Content-Length
    checksum given by the caller     the hash, checksum in a header        the same
    when_required                    the hash                              the hash
      and payload signing off        UNSIGNED-PAYLOAD                      UNSIGNED-PAYLOAD

Each body comes with `Expect: 100-continue`.
"""

import io
import os
import sys
import threading

from boto3.s3.transfer import TransferConfig
from gateway import client, noise, sha256

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
# A part is 5 MiB at least: the smallest upload of two, and one of thirteen.
TWO_PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
MANY_PARTS = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=4)
bucket = sys.argv[1]
big = noise("big", 100 * MIB)


def carried(s3, what, body, **sent):
    """Puts and gets `body`; gives what the store tells of the object."""
    s3.put_object(Bucket=bucket, Key="boto3/carried", Body=body, **sent)
    return same(s3, what, "boto3/carried", body)


def carried_in_parts(s3, what, body, config, **sent):
    s3.upload_fileobj(io.BytesIO(body), bucket, "boto3/parts", Config=config, ExtraArgs=sent)
    return same(s3, what, "boto3/parts", body)


def same(s3, what, key, body):
    got = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")
    return s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")


class Pipe:
    """What can be read once, forward, and does not say how much it is."""

    def __init__(self, body):
        end, self._start = os.pipe()
        self._end = os.fdopen(end, "rb")
        threading.Thread(target=self._fill, args=(body,)).start()

    def _fill(self, body):
        with os.fdopen(self._start, "wb") as start:
            start.write(body)

    def read(self, size=-1):
        return self._end.read(size)


for name, s3 in [
    ("default", client()),
    ("when_required", client(request_checksum_calculation="when_required")),
]:
    for size in SIZES:
        carried(s3, f"put_object, {name}", noise("put", size))
    carried_in_parts(s3, f"parts, {name}", big, MANY_PARTS)

    coded = noise("coded", 70_001)
    s3.delete_object(Bucket=bucket, Key="boto3/carried")
    about = carried(s3, f"coded, {name}", coded, ContentEncoding="gzip", Metadata={"of": name}, ContentType="text/x-a")
    assert about["ContentEncoding"] == "gzip", about
    assert about["Metadata"] == {"of": name} and about["ContentType"] == "text/x-a", about
    s3.delete_object(Bucket=bucket, Key="boto3/carried")
    about = carried(s3, f"not coded, {name}", coded)
    assert "ContentEncoding" not in about, about

    for size in [0, 1, 5 * MIB - 1, 21 * MIB + 1]:
        body = noise("pipe", size)
        s3.upload_fileobj(Pipe(body), bucket, "boto3/pipe", Config=TWO_PARTS)
        same(s3, f"pipe, {name}", "boto3/pipe", body)

s3 = client()
for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
    for size in SIZES:
        about = carried(s3, f"put_object, {algorithm}", noise("sum", size), ChecksumAlgorithm=algorithm)
        assert f"Checksum{algorithm}" in about, about
    # The checksum from the caller: over TLS the body is then hashed, not framed.
    value = about[f"Checksum{algorithm}"]
    about = carried(s3, f"put_object, {algorithm} given", noise("sum", SIZES[-1]), **{f"Checksum{algorithm}": value})
    assert about[f"Checksum{algorithm}"] == value, about
    about = carried_in_parts(
        s3, f"two parts, {algorithm}", noise("sum", 5 * MIB + 1), TWO_PARTS, ChecksumAlgorithm=algorithm
    )
    assert f"Checksum{algorithm}" in about, about
for signed in [True, False]:
    for when in ["when_supported", "when_required"]:
        s3 = client(s3={"payload_signing_enabled": signed}, request_checksum_calculation=when)
        for size in SIZES:
            carried(s3, f"put_object, {when}, payload signed {signed}", noise("put", size))
carried_in_parts(client(), "parts, SHA256", big, MANY_PARTS, ChecksumAlgorithm="SHA256")
