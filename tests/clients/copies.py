"""Copies within and between BUCKET and OTHER, of which the store's folders are below FOLDER."""

import random
import sys
from pathlib import Path

import awkward
from boto3.s3.transfer import TransferConfig
from gateway import client, noise, refused

MIB = 1 << 20
bucket, other, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
s3 = client()


def put(key, body, **more):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **more)["ETag"]


def source(key, **more):
    return {"Bucket": bucket, "Key": key} | more


def there(where, key):
    return s3.get_object(Bucket=where, Key=key)["Body"].read()


# An object, with what it is stored with, to another key and to another bucket; the source as text, too.
etag = put("from", b"copied", ContentType="text/x-one", Metadata={"of": "one"})
for where in (bucket, other):
    done = s3.copy_object(Bucket=where, Key="to", CopySource=source("from"))
    assert done["CopyObjectResult"]["ETag"] == etag, done
    assert (folder / where / "to").read_bytes() == b"copied"
    about = s3.head_object(Bucket=where, Key="to")
    assert (about["ContentType"], about["Metadata"]) == ("text/x-one", {"of": "one"}), about
s3.copy_object(Bucket=bucket, Key="as text", CopySource=f"/{bucket}/from")
assert there(bucket, "as text") == b"copied"

# Onto itself, with other metadata.
s3.copy_object(
    Bucket=bucket, Key="from", CopySource=source("from"), MetadataDirective="REPLACE", Metadata={"of": "two"}, ContentType="text/x-two"
)
about = s3.head_object(Bucket=bucket, Key="from")
assert (about["ContentType"], about["Metadata"]) == ("text/x-two", {"of": "two"}), about
assert there(bucket, "from") == b"copied"
with refused("InvalidRequest"):
    s3.copy_object(Bucket=bucket, Key="from", CopySource=source("from"))

# Conditions on the source.
s3.copy_object(Bucket=bucket, Key="to", CopySource=source("from"), CopySourceIfMatch=etag)
# Of S3 this would be 412; versitygw says what it says of a GET.
with refused("304", status=304):
    s3.copy_object(Bucket=bucket, Key="never", CopySource=source("from"), CopySourceIfNoneMatch=etag)
with refused("PreconditionFailed", status=412):
    s3.copy_object(Bucket=bucket, Key="never", CopySource=source("from"), CopySourceIfMatch='"another"')
with refused("NoSuchKey", status=404):
    s3.copy_object(Bucket=bucket, Key="never", CopySource=source("nothing there"))
assert not (folder / bucket / "never").exists()

# Parts: whole, and some bytes.
big = noise("big", 12 * MIB)
put("big", big)
upload = {"Bucket": bucket, "Key": "of parts", "UploadId": None}
upload["UploadId"] = s3.create_multipart_upload(Bucket=bucket, Key="of parts")["UploadId"]
first = s3.upload_part_copy(**upload, PartNumber=1, CopySource=source("big"))
second = s3.upload_part_copy(**upload, PartNumber=2, CopySource=source("big"), CopySourceRange="bytes=7-1006")
with refused("InvalidArgument", status=400):
    s3.upload_part_copy(**upload, PartNumber=3, CopySource=source("big"), CopySourceRange="bytes=7-")
parts = [{"PartNumber": n, "ETag": part["CopyPartResult"]["ETag"]} for n, part in ((1, first), (2, second))]
s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
assert (folder / bucket / "of parts").read_bytes() == big + big[7:1007]

# boto3's own copy, in parts.
transfer = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=3)
s3.copy(source("big"), other, "in parts", Config=transfer)
assert (folder / other / "in parts").read_bytes() == big
assert s3.head_object(Bucket=other, Key="in parts")["ETag"].strip('"').endswith("-3")
s3.copy(source("from"), other, "in one", Config=transfer)
assert (folder / other / "in one").read_bytes() == b"copied"

# Awkward keys on both sides: those that a folder can hold, and that the store does not refuse.
rng = random.Random(5)
copied = 0
while copied < 40:
    pair = [awkward.key(rng) for _ in range(2)]
    if any(name in ("", ".", "..") or len(name.encode()) > 200 or "\\" in name for key in pair for name in key.split("/")):
        continue
    key, to = (f"{n}/{key}" for n, key in enumerate(pair))
    body = noise(key, 100)
    put(key, body)
    s3.copy_object(Bucket=other, Key=to, CopySource=source(key))
    assert (folder / other / to).read_bytes() == body, (key, to)
    s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_object(Bucket=other, Key=to)
    copied += 1
