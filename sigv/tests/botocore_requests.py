"""Prints requests that botocore signed, one JSON object a line.

    python botocore_requests.py MECHANISM COUNT SEED    random ones; MECHANISM is one of v4, v4-presigned, v2, v2-presigned
    python botocore_requests.py headers            every odd shape of a header, by every mechanism

Every other random request comes from botocore's S3 client, as it would have gone out or as the URL that it presigned, in
path and in virtual-host style; where awscrt is installed, such clients sign Version 4 with it. The rest are signed by
botocore's own signers directly, which take what the client would not: repeated parameters, odd spaces in headers, a
`Date` header. Nothing is sent.
"""

import json
import random
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

import botocore.session
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "clients"))
from awkward import text  # noqa: E402

ACCESS_KEY_ID = "AKIAFAKEFORTESTS"
SECRET = "FAKE/SECRET+FOR=TESTS-ONLY"
REGION = "us-east-1"
HOST = "lake.example.com:8080"
MECHANISMS = ["v4", "v4-presigned", "v2", "v2-presigned"]
SPACED = ["", "a", " a", "a ", "  a   b    c ", "a\tb", "\ta \t b", '"a  b"', "a,b", "a , b", "k=v; w"]
NOT_ASCII = ["ö", " ö  ☃ ", "日本\t🦆"]


def main():
    mechanism = sys.argv[1]
    if mechanism == "headers":
        requests = headers_of_every_shape()
    else:
        requests = random_ones(mechanism, int(sys.argv[2]), random.Random(int(sys.argv[3])))
    for request in requests:
        print(json.dumps(request))


def random_ones(mechanism, count, rng):
    clients = [client(mechanism, scheme, style) for scheme in ("http", "https") for style in ("path", "virtual")]
    for number in range(count):
        yield from_client(rng, mechanism, rng.choice(clients)) if number % 2 else from_signer(rng, mechanism)


def headers_of_every_shape():
    for mechanism in MECHANISMS:
        for value in SPACED + NOT_ASCII:
            yield signed(mechanism, "PUT", f"http://{HOST}/lake/a", [("x-amz-meta-a", value)])
            yield signed(mechanism, "PUT", f"http://{HOST}/lake/a", [("Content-Type", value), ("x-amz-meta-a", "b")])
        # A URL has a header once.
        if mechanism != "v2-presigned":
            for values in (["b", "a"], ["a", "b"], ["", "a", ""], [" a ", "b  c"], ["a", "a"]):
                yield signed(mechanism, "PUT", f"http://{HOST}/lake/a", [("x-amz-meta-a", value) for value in values])


def key(rng):
    # The client refuses a key that begins with a slash no more than S3 does, but an empty one.
    return text(rng, 1, 12)


def client(mechanism, scheme, style):
    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY_ID, SECRET)
    made = session.create_client(
        "s3",
        region_name=REGION,
        endpoint_url=f"{scheme}://{HOST}",
        config=Config(
            s3={"addressing_style": style},
            signature_version="s3v4" if mechanism.startswith("v4") else "s3",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    made.kept = []

    def answer(request, **_):
        made.kept.append(request)
        return AWSResponse(request.url, 200, {}, Empty())

    def keep(request, **_):
        made.kept.append(request)

    if mechanism.endswith("presigned"):
        made.meta.events.register("before-sign.s3", keep)
    else:
        made.meta.events.register("before-send.s3", answer)
    return made


class Empty:
    """The body of an answer that nobody gave."""

    def stream(self, **_):
        return iter(())

    def read(self, *_):
        return b""


def call(rng):
    """An operation of the client, and its arguments."""
    upload_id = text(rng, 1, 4)
    if rng.random() < 0.2:
        return rng.choice([("list_buckets", {}), ("head_bucket", {"Bucket": "lake"}), ("get_bucket_acl", {"Bucket": "lake"})])
    name, arguments = rng.choice([
        ("get_object", {"Range": "bytes=0-9"}),
        ("get_object", {"ResponseContentType": text(rng, 1, 4), "ResponseExpires": 0, "VersionId": text(rng, 1, 2)}),
        ("get_object_tagging", {}),
        ("head_object", {"VersionId": "null"}),
        ("delete_object", {}),
        ("list_objects_v2", {"Prefix": text(rng, 0, 6), "Delimiter": "/", "StartAfter": text(rng, 1, 4)}),
        ("list_object_versions", {"Prefix": text(rng, 0, 6)}),
        ("create_multipart_upload", {"Metadata": {"a": "b  c", "odd-name": " d "}, "ContentType": "a/b;  c=d"}),
        ("upload_part", {"PartNumber": 7, "UploadId": upload_id, "Body": b"part"}),
        ("list_parts", {"UploadId": upload_id}),
        ("put_object", {"Body": rng.randbytes(64), "ContentType": "text/plain; a=b", "ContentMD5": "4gJE4saaMU4BqNR0kLY+lw=="}),
        ("put_object", {"ACL": "public-read", "Tagging": "a=b&c=d+e", "StorageClass": "STANDARD_IA"}),
        ("copy_object", {"CopySource": {"Bucket": "lake", "Key": key(rng)}}),
    ])
    if not name.startswith("list_object"):
        arguments["Key"] = key(rng)
    return name, {"Bucket": "lake"} | arguments


def from_client(rng, mechanism, made):
    name, arguments = call(rng)
    made.kept.clear()
    if not mechanism.endswith("presigned"):
        getattr(made, name)(**arguments)
        (request,) = made.kept
        return described(mechanism, request.method, request.url, request.headers.items())
    arguments.pop("Body", None)
    url = made.generate_presigned_url(name, arguments, ExpiresIn=rng.choice([1, 60, 3600, 604800]))
    (request,) = made.kept
    return described(mechanism, request.method, url, sent_with_url(mechanism, request.headers, rng.choice([True, False])))


def from_signer(rng, mechanism):
    path = quote(text(rng, 0, 12), safe=rng.choice(["/", "/+=", "/!$&'()*,;:@+="]))
    bucket = "/lake"
    host = HOST
    auth_path = None
    if rng.random() < 0.3:
        bucket, host, auth_path = "", f"lake.{HOST}", f"/lake/{path}"
    pairs = [(rng.choice(["a", "b", text(rng, 1, 3)]), text(rng, 0, 4)) for _ in range(rng.randint(0, 5))]
    parameters = [f"{encoded(name)}={encoded(value)}" for name, value in pairs]
    if mechanism == "v4-presigned":
        parameters = sorted(set(parameters)) + rng.choice([[], ["x-amz-acl=private", "X-Amz-Tagging=a%3Db"], ["x-id=PutObject"]])
    if mechanism.startswith("v2"):
        names = rng.sample(HmacV1Auth.QSAOfInterest[:30], rng.randint(0, 4))
        parameters += [
            rng.choice([name, f"{name}={quote(text(rng, 1, 4), safe=rng.choice(['', '/:']))}"]) for name in set(names)
        ]
    rng.shuffle(parameters)
    headers = []
    for name in rng.sample(["x-amz-meta-a", "x-amz-meta-a-b", "x-amz-meta-a_b", "Content-Type", "Content-MD5", "Cache-Control"], 3):
        is_repeated = name.startswith("x-amz-") and mechanism != "v2-presigned"
        headers += [(name, rng.choice(SPACED)) for _ in range(rng.randint(1, 2) if is_repeated else 1)]
    if mechanism == "v4" and rng.random() < 0.2:
        headers.append(("Date", "to be set"))
    if mechanism == "v4-presigned" and rng.random() < 0.3:
        headers.append(("x-amz-content-sha256", rng.choice(["UNSIGNED-PAYLOAD", rng.randbytes(32).hex()])))
    query = f"?{'&'.join(parameters)}" if parameters else ""
    return signed(
        mechanism,
        rng.choice(["GET", "PUT", "POST", "HEAD", "DELETE"]),
        f"{rng.choice(['http', 'https'])}://{host}{bucket}/{path}{query}",
        headers,
        auth_path=auth_path,
        data=rng.choice([b"", rng.randbytes(16)]) if not mechanism.endswith("presigned") else b"",
        expires=rng.randint(1, 604800),
        with_headers=rng.choice([True, False]),
    )


def signed(mechanism, method, url, headers, auth_path=None, data=b"", expires=3600, with_headers=False):
    request = AWSRequest(method=method, url=url, data=data, auth_path=auth_path)
    for name, value in headers:
        request.headers.add_header(name, value)
    credentials = Credentials(ACCESS_KEY_ID, SECRET)
    {
        "v4": lambda: S3SigV4Auth(credentials, "s3", REGION),
        "v4-presigned": lambda: S3SigV4QueryAuth(credentials, "s3", REGION, expires=expires),
        "v2": lambda: HmacV1Auth(credentials),
        "v2-presigned": lambda: HmacV1QueryAuth(credentials, expires=expires),
    }[mechanism]().add_auth(request)
    sent = request.headers.items()
    if mechanism.endswith("presigned"):
        sent = sent_with_url(mechanism, request.headers, with_headers)
    return described(mechanism, method, request.url, sent)


def sent_with_url(mechanism, headers, repeated):
    """The headers that belong to a presigned URL: all but `Date`, which stands in it as `Expires`. Version 2 has those
    that it covers in the URL too, and they may come without the URL saying less."""
    covered = ("x-amz-", "content-md5", "content-type")
    for name, value in headers.items():
        lower = name.lower()
        if mechanism == "v4-presigned" or (lower != "date" and (repeated or not lower.startswith(covered))):
            yield name, value


def encoded(name_or_value):
    return quote(name_or_value, safe="-_.~")


def described(mechanism, method, url, headers):
    parts = urlsplit(url)
    headers = [(name, value.decode() if isinstance(value, bytes) else value) for name, value in headers]
    if "host" not in [name.lower() for name, _ in headers]:
        headers.append(("host", parts.netloc))
    return {
        "mechanism": mechanism,
        "method": method,
        "path": parts.path,
        "query": parts.query,
        "headers": headers,
        "host_bucket": parts.netloc.removesuffix(HOST).removesuffix(".") or None,
        "access_key_id": ACCESS_KEY_ID,
    }


if __name__ == "__main__":
    main()
