"""Odd keys in BUCKET: `all` that S3 allows, or those that are `files` and then lie in FOLDER."""

import sys
from pathlib import Path

from gateway import client

bucket, kind = sys.argv[1:3]
s3 = client()

FILES = [
    "plain",
    "a space",
    " leading",
    "trailing ",
    "a  b",
    "plus+and=equals",
    "a%2Fb",
    "a%252Fb",
    "%2e%2e",
    "100%",
    "größe/日本語/🦆",
    "e\u0301-and-é",
    "q?y#z&a=b",
    "semi;colon:comma,at@",
    "!'()*~$[]{}|^`\"<>",
    "back\\slash",
    "tab\tinside",
    "/".join(["k" * 204] * 4) + "/" + "m" * 204,
]
OTHERS = [
    "a//b",
    "//a",
    "/lead",
    "a/../b",
    "..",
    ".",
    "../../x",
    "./a",
    "a/.",
    "trail/",
    "k" * 1024,
]
keys = FILES if kind == "files" else FILES + OTHERS
assert "k" * 1024 in keys or max(len(key.encode()) for key in keys) == 1024

for key in keys:
    body = f"the object {key}".encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body, key
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body), key
    if kind == "files":
        assert (Path(sys.argv[3]) / key).read_bytes() == body, key

for operation in ("list_objects", "list_objects_v2"):
    pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
    found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    assert sorted(found) == sorted(keys), (operation, sorted(set(found) ^ set(keys)))

for number, key in enumerate(keys):
    s3.delete_object(Bucket=bucket, Key=key)
    left = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    assert len(left) == len(keys) - number - 1, key
