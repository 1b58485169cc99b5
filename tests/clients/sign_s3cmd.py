"""Prints requests that s3cmd signed, one JSON object a line: Version 4, Version 2, and URLs of Version 2 in turn.

    python sign_s3cmd.py HOST COUNT

The key is that of the environment. Nothing is sent.
"""

import json
import os
import random
import sys
import time
from urllib.parse import urlsplit

from S3.Config import Config
from S3.Crypto import sign_url_v2
from S3.S3 import S3
from S3.S3Uri import S3Uri

from awkward import key, text

host, count = sys.argv[1], int(sys.argv[2])
rng = random.Random(2)
config = Config()
config.access_key = os.environ["AWS_ACCESS_KEY_ID"]
config.secret_key = os.environ["AWS_SECRET_ACCESS_KEY"]
config.host_base = host
config.host_bucket = host  # without the bucket: path style
config.bucket_location = "us-east-1"
config.use_https = False
s3 = S3(config)


def request():
    """A request of s3cmd's commands, unsigned, and its body."""
    body = rng.choice(["", "a body"])
    stored = {
        "content-length": str(len(body)),
        "content-type": rng.choice(["text/plain", "text/plain; charset=utf-8", "binary/octet-stream"]),
        "x-amz-storage-class": "STANDARD",
        "x-amz-meta-s3cmd-attrs": "atime:1700000000/gid:0/gname:root/md5:d41d8cd98f00b204e9800998ecf8427e/mode:33188",
    }
    of_list = {"delimiter": "/", "prefix": text(rng, 0, 6), "marker": text(rng, 1, 4), "max-keys": "7"}
    # As S3's are: Version 2 of s3cmd does not sign escapes in it as others do.
    upload_id = rng.choice(["VXBsb2FkIElE.x_y-z~", "1"])
    operation, headers, parameters, body = rng.choice([
        ("LIST_ALL_BUCKETS", {}, {}, ""),
        ("BUCKET_LIST", {}, of_list, ""),
        ("OBJECT_GET", {}, {}, ""),
        ("OBJECT_HEAD", {}, {}, ""),
        ("OBJECT_DELETE", {}, {}, ""),
        ("OBJECT_PUT", stored, {}, body),
        ("OBJECT_POST", {**stored, "content-length": "0"}, {"uploads": None}, ""),
        ("OBJECT_PUT", {"content-length": str(len(body))}, {"partNumber": "3", "uploadId": upload_id}, body),
        ("OBJECT_GET", {}, {"uploadId": upload_id}, ""),
    ])
    uri = None
    if operation == "BUCKET_LIST":
        uri = S3Uri("s3://lake")
    elif operation.startswith("OBJECT"):
        uri = S3Uri(f"s3://lake/{key(rng)}")
    return s3.create_request(operation, uri=uri, headers=headers, body=body, uri_params=parameters), body


def signed():
    unsigned, body = request()
    method, resource, headers = unsigned.get_triplet()
    headers = [["host", s3.get_hostname(resource["bucket"])], *headers.items()]
    if method == "GET":
        # By `get --continue`, which does not sign it.
        headers += rng.choice([[], [["Range", "bytes=5-"]]])
    return {"method": method, "target": s3.format_uri(resource), "headers": headers, "body": body}


def url():
    parts = urlsplit(sign_url_v2(S3Uri(f"s3://lake/{key(rng)}"), str(int(time.time()) + 3600)))
    return {"method": "GET", "target": f"{parts.path}?{parts.query}", "headers": [["host", parts.netloc]], "body": ""}


for number in range(count):
    config.signature_v2 = number % 3 > 0
    print(json.dumps(url() if number % 3 == 2 else signed()))
