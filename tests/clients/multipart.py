"""Uploads in parts into BUCKET, whose store is the folder FOLDER."""

import io
import sys
from pathlib import Path

from boto3.s3.transfer import TransferConfig
from gateway import client, noise, refused

MIB = 1 << 20
bucket, folder = sys.argv[1], Path(sys.argv[2])
s3 = client()

# By hand: three parts, sent out of order.
parts = {1: noise("one", 5 * MIB), 2: noise("two", 5 * MIB), 3: b"the rest"}
upload = {"Bucket": bucket, "Key": "by hand +1", "UploadId": None}
upload["UploadId"] = s3.create_multipart_upload(Bucket=bucket, Key="by hand +1", Metadata={"a": "b"})["UploadId"]
etags = {n: s3.upload_part(**upload, PartNumber=n, Body=parts[n])["ETag"] for n in (3, 1, 2)}
listed = s3.list_parts(**upload)
assert [(part["PartNumber"], part["Size"], part["ETag"]) for part in listed["Parts"]] == [
    (n, len(parts[n]), etags[n]) for n in (1, 2, 3)
], listed
first = s3.list_parts(**upload, MaxParts=2)
assert first["IsTruncated"] and len(first["Parts"]) == 2, first
rest = s3.list_parts(**upload, MaxParts=2, PartNumberMarker=first["NextPartNumberMarker"])
assert [part["PartNumber"] for part in rest["Parts"]] == [3] and not rest["IsTruncated"], rest
assert not (folder / "by hand +1").exists()
done = s3.complete_multipart_upload(
    **upload, MultipartUpload={"Parts": [{"PartNumber": n, "ETag": etags[n]} for n in (1, 2, 3)]}
)
assert done["ETag"].strip('"').endswith("-3"), done
assert (folder / "by hand +1").read_bytes() == parts[1] + parts[2] + parts[3]
assert s3.head_object(Bucket=bucket, Key="by hand +1")["Metadata"] == {"a": "b"}
with refused("NoSuchUpload"):
    s3.upload_part(**upload, PartNumber=4, Body=b"late")

# A wrong list of parts makes no object.
upload = {"Bucket": bucket, "Key": "wrong", "UploadId": None}
upload["UploadId"] = s3.create_multipart_upload(Bucket=bucket, Key="wrong")["UploadId"]
s3.upload_part(**upload, PartNumber=1, Body=b"x")
with refused("InvalidPart"):
    s3.complete_multipart_upload(
        **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"0123456789abcdef0123456789abcdef"'}]}
    )

# Aborted, nothing is left of it.
assert s3.abort_multipart_upload(**upload)["ResponseMetadata"]["HTTPStatusCode"] == 204
with refused("NoSuchUpload"):
    s3.list_parts(**upload)
with refused("NoSuchUpload"):
    s3.upload_part(**upload, PartNumber=2, Body=b"late")
assert not (folder / "wrong").exists()

# By boto3's own transfer: 100 MiB in parallel, up and down.
big = noise("big", 100 * MIB)
transfer = TransferConfig(multipart_chunksize=8 * MIB, max_concurrency=4)
s3.upload_fileobj(io.BytesIO(big), bucket, "big", Config=transfer)
assert (folder / "big").read_bytes() == big
back = io.BytesIO()
s3.download_fileobj(bucket, "big", back, Config=transfer)
assert back.getvalue() == big
