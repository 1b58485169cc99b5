"""A viewer on the bucket `lake` with the object `a`: reads everything, writes nothing, and is told why."""

from gateway import client, refused

s3 = client()

assert s3.get_object(Bucket="lake", Key="a")["Body"].read() == b"to be read"
assert s3.get_object(Bucket="lake", Key="a", Range="bytes=0-1")["Body"].read() == b"to"
s3.head_object(Bucket="lake", Key="a")
s3.head_bucket(Bucket="lake")
s3.get_bucket_location(Bucket="lake")
assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="lake")["Contents"]] == ["a"]
assert [entry["Key"] for entry in s3.list_objects(Bucket="lake", Prefix="a")["Contents"]] == ["a"]
assert "lake" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]

for call, action in [
    (lambda: s3.put_object(Bucket="lake", Key="a", Body=b"x"), "fs:WriteObject"),
    (lambda: s3.put_object(Bucket="lake", Key="b"), "fs:WriteObject"),
    (lambda: s3.create_multipart_upload(Bucket="lake", Key="a"), "fs:WriteObject"),
    (lambda: s3.upload_part(Bucket="lake", Key="a", UploadId="x", PartNumber=1, Body=b"x"), "fs:WriteObject"),
    (lambda: s3.list_parts(Bucket="lake", Key="a", UploadId="x"), "fs:WriteObject"),
    (
        lambda: s3.complete_multipart_upload(
            Bucket="lake", Key="a", UploadId="x", MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]}
        ),
        "fs:WriteObject",
    ),
    (lambda: s3.abort_multipart_upload(Bucket="lake", Key="a", UploadId="x"), "fs:DeleteObject"),
    (lambda: s3.delete_object(Bucket="lake", Key="a"), "fs:DeleteObject"),
    (lambda: s3.create_bucket(Bucket="pond"), "fs:CreateRepository"),
    (lambda: s3.delete_bucket(Bucket="lake"), "fs:DeleteRepository"),
]:
    with refused("AccessDenied", action, status=403):
        call()
