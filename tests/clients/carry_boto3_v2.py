"""Carries bodies of every size into BUCKET and back by boto3 under signatures of version 2, and compares them; then by
presigned URLs of both versions, of which boto3 makes version 2 unless it is asked for another.

    carry_boto3_v2.py BUCKET

boto3 1.44.5 was seen to send, over TLS as plain, no hash, and by default a CRC-32 in a header. Each body comes with
`Expect: 100-continue`.
"""

import io
import sys

from boto3.s3.transfer import TransferConfig
from gateway import client, noise, refused, sha256
from presigned import fetched, stored

MIB = 1 << 20
SIZES = [0, 1, 5 * MIB - 1, 5 * MIB]
PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
bucket = sys.argv[1]


def same(s3, what, key, body):
    got = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert sha256(got) == sha256(body), f"{what}: {len(got)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")


odd = "v2/ö + %2F ~'()&=.txt"
for when in ["when_supported", "when_required"]:
    s3 = client(signature_version="s3", request_checksum_calculation=when)
    for size in SIZES:
        s3.put_object(Bucket=bucket, Key="v2/put", Body=noise("put", size))
        same(s3, f"put_object, {when}", "v2/put", noise("put", size))
    body = noise("parts", 21 * MIB + 1)
    s3.upload_fileobj(io.BytesIO(body), bucket, "v2/parts", Config=PARTS)
    same(s3, f"parts, {when}", "v2/parts", body)
    body = noise("odd", 70_001)
    s3.put_object(Bucket=bucket, Key=odd, Body=body, ContentType="text/x-a", Metadata={"of": "v2", "and": "more"})
    same(s3, f"odd key, {when}", odd, body)
    about = s3.head_object(Bucket=bucket, Key=odd)
    assert about["Metadata"] == {"of": "v2", "and": "more"} and about["ContentType"] == "text/x-a", about
    named = s3.get_object(Bucket=bucket, Key=odd, ResponseContentType="text/y b", ResponseCacheControl="no-store")
    assert named["ContentType"] == "text/y b" and named["CacheControl"] == "no-store", named
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="v2/")["Contents"]
    assert [each["Key"] for each in listed] == ["v2/parts", "v2/put", odd], listed
    assert bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]

for version, mark in [(None, "AWSAccessKeyId="), ("s3", "AWSAccessKeyId="), ("s3v4", "X-Amz-Algorithm=")]:
    s3 = client(signature_version=version)
    for key, body in [("v2/put", noise("signed", 5 * MIB)), (odd, b"")]:
        target = {"Bucket": bucket, "Key": key}
        url = s3.generate_presigned_url("put_object", Params=target, ExpiresIn=600)
        assert mark in url, url
        stored(url, body)
        url = s3.generate_presigned_url("get_object", Params=target, ExpiresIn=600)
        assert sha256(fetched(url)) == sha256(body), f"presigned, {version}: {key}"
        print(f"presigned, {version}, {len(body)} bytes")
    url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket, "Prefix": "v2/p"}, ExpiresIn=600)
    listed = fetched(url).decode()
    assert "<Key>v2/parts</Key>" in listed and "<Key>v2/put</Key>" in listed, listed

s3 = client(signature_version="s3")
for key in ["v2/parts", "v2/put", odd]:
    s3.delete_object(Bucket=bucket, Key=key)
with refused("NoSuchKey", status=404):
    s3.get_object(Bucket=bucket, Key="v2/put")
