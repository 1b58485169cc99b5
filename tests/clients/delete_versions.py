"""Deletes versions of an object of BUCKET at once, as somebody who may, through the gateway. The store itself, whose endpoint
and key follow, keeps the versions.

    delete_versions.py BUCKET ENDPOINT ACCESS_KEY_ID SECRET_ACCESS_KEY
"""

import sys

import boto3
from gateway import client

bucket, endpoint, key_id, secret = sys.argv[1:]
s3 = client()
store = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key_id, aws_secret_access_key=secret)
store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def versions():
    found = store.list_object_versions(Bucket=bucket)
    return {entry["VersionId"] for entry in found.get("Versions", []) + found.get("DeleteMarkers", [])}


def delete(*objects):
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": list(objects)})
    assert "Errors" not in answer, answer["Errors"]
    return answer["Deleted"]


first, second = (s3.put_object(Bucket=bucket, Key="x", Body=b"x")["VersionId"] for _ in range(2))
assert versions() == {first, second}
[done] = delete({"Key": "x"})
marker = done["DeleteMarkerVersionId"]
assert done["DeleteMarker"] and versions() == {first, second, marker}, done
done = delete({"Key": "x", "VersionId": first}, {"Key": "x", "VersionId": marker})
assert {entry["VersionId"] for entry in done} == {first, marker}, done
assert versions() == {second}
