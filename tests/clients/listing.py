"""Lists of BUCKET in both versions, page by page."""

import sys

from gateway import client

bucket = sys.argv[1]
s3 = client()

keys = sorted([f"list/{n:02}" for n in range(23)] + ["list/a b", "list/c+d=e", "list/ö/x", "list/ö/y", "list/%2F"])
for key in keys:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())


def pages(operation, **arguments):
    return list(s3.get_paginator(operation).paginate(Bucket=bucket, **arguments))


def names(found):
    return [entry["Key"] for page in found for entry in page.get("Contents", [])]


for operation in ("list_objects", "list_objects_v2"):
    whole = pages(operation, Prefix="list/")
    assert names(whole) == keys, (operation, names(whole))
    sizes = {entry["Key"]: entry["Size"] for page in whole for entry in page["Contents"]}
    assert sizes == {key: len(key.encode()) for key in keys}

    found = pages(operation, Prefix="list/", PaginationConfig={"PageSize": 5})
    assert names(found) == keys and len(found) == 6, (operation, names(found))

    found = pages(operation, Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": 5})
    assert names(found) == [key for key in keys if "ö" not in key], (operation, names(found))
    assert [p["Prefix"] for page in found for p in page.get("CommonPrefixes", [])] == ["list/ö/"]

    assert names(pages(operation, Prefix="list/1")) == [f"list/{n}" for n in range(10, 20)]
    assert names(pages(operation, Prefix="list/c+d=")) == ["list/c+d=e"]
    assert names(pages(operation, Prefix="no such/")) == []

    top = pages(operation, Delimiter="/")
    assert "list/" in [p["Prefix"] for page in top for p in page["CommonPrefixes"]]

after = s3.list_objects_v2(Bucket=bucket, Prefix="list/", StartAfter="list/20", FetchOwner=True)
assert names([after]) == [key for key in keys if key > "list/20"], after
after = s3.list_objects(Bucket=bucket, Prefix="list/", Marker="list/20")
assert names([after]) == [key for key in keys if key > "list/20"], after
