"""What stands in `x-amz-copy-source`, by Python's own reading of it.

    copy_sources.py send COUNT    copies from COUNT awkward sources by boto3, and prints each: bucket, key, version
    copy_sources.py read FILE     holds each of FILE's [source, header] against each other
"""

import json
import random
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import awkward
from gateway import client

what, given = sys.argv[1:]
rng = random.Random(4)
# boto3 does not encode a version: it goes out as it is.
VERSIONS = [None, "null", "v1.2-3_4~5", "a+b=/", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"]


def send(count):
    s3 = client()
    for _ in range(count):
        bucket = rng.choice(["lake", "pond", "my.lake-1"])
        source = {"Bucket": bucket, "Key": awkward.key(rng), "VersionId": rng.choice(VERSIONS)}
        s3.copy_object(Bucket="lake", Key="new", CopySource=source)
        print(json.dumps([source["Bucket"], source["Key"], source["VersionId"]]))


def read(file):
    for source, header in json.loads(Path(file).read_text()):
        url = urlsplit(f"s3:{header}")
        _, bucket, key = unquote(url.path, errors="strict").split("/", 2)
        versions = parse_qs(url.query, strict_parsing=bool(url.query))
        version = versions.pop("versionId", [None])
        assert not versions and not url.fragment and len(version) == 1, header
        assert [bucket, key, version[0]] == source, (source, header)


send(int(given)) if what == "send" else read(given)
