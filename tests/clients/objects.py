"""Objects of one bucket, BUCKET, whose store is the folder FOLDER: whole, in ranges, under conditions."""

import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from gateway import client, noise, refused

bucket, folder = sys.argv[1], Path(sys.argv[2])
s3 = client()
body = noise("objects", 100_000)

# Written as sent, and read as written.
put = s3.put_object(
    Bucket=bucket,
    Key="data/a b",
    Body=body,
    ContentType="text/x-lake",
    CacheControl="max-age=60",
    ContentDisposition='attachment; filename="a b"',
    Metadata={"colour": "blue  and   green", "empty": ""},
)
etag = put["ETag"]
assert (folder / "data/a b").read_bytes() == body
got = s3.get_object(Bucket=bucket, Key="data/a b")
assert got["Body"].read() == body
assert got["ETag"] == etag and got["ContentLength"] == len(body)
assert got["ContentType"] == "text/x-lake" and got["CacheControl"] == "max-age=60"
assert got["Metadata"]["colour"] in ("blue  and   green", "blue and green"), got["Metadata"]
head = s3.head_object(Bucket=bucket, Key="data/a b")
assert head["ContentLength"] == len(body) and head["ETag"] == etag and head["AcceptRanges"] == "bytes"
got = s3.get_object(Bucket=bucket, Key="data/a b", ResponseContentType="text/plain", ResponseCacheControl="no-store")
assert got["ContentType"] == "text/plain" and got["CacheControl"] == "no-store" and got["Body"].read() == body

# Parts of it.
for header, part in {
    "bytes=0-0": body[:1],
    "bytes=5-9": body[5:10],
    "bytes=99990-": body[99_990:],
    "bytes=99990-200000": body[99_990:],
    "bytes=-7": body[-7:],
    "bytes=0-": body,
}.items():
    got = s3.get_object(Bucket=bucket, Key="data/a b", Range=header)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206, header
    assert got["Body"].read() == part, header
    assert got["ContentRange"].endswith("/100000") and got["ContentLength"] == len(part), header
with refused("InvalidRange", status=416):
    s3.get_object(Bucket=bucket, Key="data/a b", Range="bytes=100000-")

# Under conditions. The object is made an hour old, to the second: S3 knows no smaller time.
changed = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)
os.utime(folder / "data/a b", (changed.timestamp(), changed.timestamp()))
past, future = (changed + timedelta(minutes=minutes) for minutes in (-1, 1))
for condition, code in [
    ({"IfNoneMatch": etag}, "304"),
    ({"IfModifiedSince": future}, "304"),
    ({"IfMatch": '"0123456789abcdef0123456789abcdef"'}, "PreconditionFailed"),
    ({"IfUnmodifiedSince": past}, "PreconditionFailed"),
]:
    with refused(code, status=304 if code == "304" else 412):
        s3.get_object(Bucket=bucket, Key="data/a b", **condition)
    with refused("304" if code == "304" else "412"):
        s3.head_object(Bucket=bucket, Key="data/a b", **condition)
for condition in [{"IfMatch": etag}, {"IfNoneMatch": '"0"'}, {"IfModifiedSince": past}, {"IfUnmodifiedSince": future}]:
    assert s3.get_object(Bucket=bucket, Key="data/a b", **condition)["Body"].read() == body
with refused("PreconditionFailed", status=412):
    s3.put_object(Bucket=bucket, Key="data/a b", Body=b"other", IfNoneMatch="*")
assert (folder / "data/a b").read_bytes() == body

# Nothing is a body too, and an object of a folder's name.
s3.put_object(Bucket=bucket, Key="data/empty")
assert s3.get_object(Bucket=bucket, Key="data/empty")["Body"].read() == b""
s3.put_object(Bucket=bucket, Key="data/folder/")
assert s3.head_object(Bucket=bucket, Key="data/folder/")["ContentLength"] == 0

# Gone is gone.
assert s3.delete_object(Bucket=bucket, Key="data/a b")["ResponseMetadata"]["HTTPStatusCode"] == 204
assert not (folder / "data/a b").exists()
with refused("NoSuchKey", status=404):
    s3.get_object(Bucket=bucket, Key="data/a b")
with refused("404"):
    s3.head_object(Bucket=bucket, Key="data/a b")
s3.delete_object(Bucket=bucket, Key="data/a b")

# The bucket itself.
s3.head_bucket(Bucket=bucket)
assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] in (None, "us-east-1")
with refused("404"):
    s3.head_bucket(Bucket="no-such-bucket")
with refused("NoSuchBucket", status=404):
    s3.get_object(Bucket="no-such-bucket", Key="a")
assert bucket in [known["Name"] for known in s3.list_buckets()["Buckets"]]
