"""An object whose requests and URLs name BUCKET in their host, under both versions of signatures."""

import sys
from urllib.parse import urlsplit
from urllib.request import urlopen

from gateway import client

bucket = sys.argv[1]
for version in ("s3v4", "s3"):
    s3 = client(signature_version=version)
    body = f"signed by {version}".encode()
    place = {"Bucket": bucket, "Key": f"signed/{version} +1"}
    s3.put_object(**place, Body=body)
    assert s3.get_object(**place)["Body"].read() == body, version
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="signed/")["Contents"]], version
    url = s3.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
    assert urlsplit(url).hostname.startswith(f"{bucket}."), url
    with urlopen(url) as answer:
        assert answer.read() == body, version
    s3.delete_object(**place)
