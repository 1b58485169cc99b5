"""Prints requests that botocore signed, one JSON object a line.

    python botocore_requests.py COUNT SEED

Every other request comes from botocore's S3 client, as it would have gone out; the rest are signed by S3SigV4Auth
directly, which takes what the client would not: repeated parameters, odd spaces in headers, a `Date` header.
Nothing is sent.
"""

import json
import random
import sys
from urllib.parse import quote, urlsplit

import botocore.session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

ACCESS_KEY_ID = "AKIAFAKEFORTESTS"
SECRET = "FAKE/SECRET+FOR=TESTS-ONLY"
REGION = "us-east-1"
PIECES = [
    "a", "B.txt", " ", "  ", "+", "=", "%", "%2F", "%20", "/", "//", "..", "/../", "/./", "~", "-_.", "&", "?", "#", ";",
    ":", "@", "!$'()*,", "\\", '"', "<>", "ö", "ß", "☃", "日本", "🦆", "e\u0301", "\u00a0", "\u200b",
]
SPACED = ["", "a", " a", "a ", "  a   b    c ", "a\tb", "\ta \t b", '"a  b"', "a,b", "a , b", "k=v; w"]


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    clients = [client(scheme) for scheme in ("http", "https")]
    for number in range(count):
        request = from_client(rng, rng.choice(clients)) if number % 2 else from_signer(rng)
        print(json.dumps(request))


def text(rng, least, most):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(least, most)))


def key(rng):
    # The client refuses a key that begins with a slash no more than S3 does, but an empty one.
    return text(rng, 1, 12)


def client(scheme):
    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY_ID, SECRET)
    made = session.create_client(
        "s3",
        region_name=REGION,
        endpoint_url=f"{scheme}://lake.example.com:8080",
        config=Config(
            s3={"addressing_style": "path"},
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    sent = []

    def keep(request, **_):
        sent.append(request)
        return AWSResponse(request.url, 200, {}, Empty())

    made.meta.events.register("before-send.s3", keep)
    made.sent = sent
    return made


class Empty:
    """The body of an answer that nobody gave."""

    def stream(self, **_):
        return iter(())

    def read(self, *_):
        return b""


def from_client(rng, made):
    calls = [
        lambda: made.get_object(Bucket="lake", Key=key(rng), Range="bytes=0-9"),
        lambda: made.head_object(Bucket="lake", Key=key(rng), VersionId="null"),
        lambda: made.delete_object(Bucket="lake", Key=key(rng)),
        lambda: made.list_objects_v2(Bucket="lake", Prefix=text(rng, 0, 6), Delimiter="/", StartAfter=text(rng, 1, 4)),
        lambda: made.list_buckets(),
        lambda: made.create_multipart_upload(Bucket="lake", Key=key(rng), Metadata={"a": "b  c", "odd-name": " d "}),
        lambda: made.upload_part(Bucket="lake", Key=key(rng), PartNumber=7, UploadId=text(rng, 1, 4), Body=b"part"),
        lambda: made.put_object(Bucket="lake", Key=key(rng), Body=rng.randbytes(64), ContentType="text/plain; a=b"),
        lambda: made.copy_object(Bucket="lake", Key=key(rng), CopySource={"Bucket": "lake", "Key": key(rng)}),
        lambda: made.put_object_tagging(Bucket="lake", Key=key(rng), Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}),
    ]
    rng.choice(calls)()
    request = made.sent.pop()
    return described(request.method, request.url, request.headers.items())


def from_signer(rng):
    path = quote(text(rng, 0, 12), safe=rng.choice(["/", "/+=", "/!$&'()*,;:@+="]))
    url = f"{rng.choice(['http', 'https'])}://lake.example.com/lake/{path}"
    pairs = [(rng.choice(["a", "b", text(rng, 1, 3)]), text(rng, 0, 4)) for _ in range(rng.randint(0, 5))]
    parameters, raw = rng.choice([(pairs, ""), ([], "&".join(f"{encoded(n)}={encoded(v)}" for n, v in pairs))])
    request = AWSRequest(
        method=rng.choice(["GET", "PUT", "POST", "HEAD", "DELETE"]),
        url=f"{url}?{raw}" if raw else url,
        params=parameters,
        data=rng.choice([b"", rng.randbytes(16)]),
    )
    for name in rng.sample(["x-amz-meta-a", "x-amz-meta-a-b", "x-amz-meta-a_b", "Content-Type", "Cache-Control"], 3):
        for _ in range(rng.randint(1, 2)):
            request.headers.add_header(name, rng.choice(SPACED))
    if rng.random() < 0.2:
        request.headers["Date"] = "to be set"
    S3SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET), "s3", REGION).add_auth(request)
    return described(request.method, request.prepare().url, request.headers.items())


def encoded(name_or_value):
    return quote(name_or_value, safe="-_.~")


def described(method, url, headers):
    parts = urlsplit(url)
    headers = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in headers]
    if "host" not in [name.lower() for name, _ in headers]:
        headers.append(("host", parts.netloc))
    return {
        "method": method,
        "path": parts.path,
        "query": parts.query,
        "headers": headers,
        "access_key_id": ACCESS_KEY_ID,
    }


if __name__ == "__main__":
    main()
