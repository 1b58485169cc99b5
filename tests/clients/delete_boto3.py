"""Deletes many objects of BUCKET at once by boto3, as somebody who may do everything; then there is nothing in it."""

import random
import sys

from awkward import key
from gateway import client

bucket, kind = sys.argv[1:]
s3 = client()


def put(keys):
    for name in keys:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")


def delete(keys, **more):
    objects = [{"Key": name} for name in keys]
    return s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, **more})


def left():
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def deleted(answer):
    assert "Errors" not in answer, answer["Errors"]
    return sorted(entry["Key"] for entry in answer.get("Deleted", []))


many = [f"many/{n:04}" for n in range(1000)]
put(many)
assert deleted(delete(many)) == many
assert left() == []

# What is not there is deleted as well, and what is named twice.
put(["a"])
assert set(deleted(delete(["a", "not-there", "a"]))) == {"a", "not-there"}

put(["a", "b"])
assert deleted(delete(["a", "b"], Quiet=True)) == []
assert left() == []

rng = random.Random(7)
odd = {key(rng) for _ in range(300)} | {"k\nk", "k\rk", "k\r\nk", "k\tk", " k ", "k&amp;k", "k]]>k", "k" * 1024}
if kind == "files":
    # Of a store that keeps objects as files: what it cleans, or cannot name so long, is no key there.
    odd = {name for name in odd if "/" not in name and len(name.encode()) < 200}
odd = sorted(odd)
assert len(odd) > 20
put(odd)
assert deleted(delete(odd)) == odd
assert left() == []

for algorithm in ["CRC32", "SHA1", "SHA256"]:
    put(["a"])
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]}, ChecksumAlgorithm=algorithm)
    assert left() == []
