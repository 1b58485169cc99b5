"""What every script here needs: a client that hides nothing, and a word for a refusal."""

import hashlib
import os
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(s3=None, **more):
    """A client of the endpoint, key and style of the environment, which tries once; `s3` and `more` are further settings."""
    settings = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": os.environ.get("ADDRESSING_STYLE", "path")} | (s3 or {}),
        inject_host_prefix=False,
        **more,
    )
    s3 = boto3.client("s3", config=settings)
    if settings.s3["addressing_style"] == "virtual":
        s3.meta.events.register("before-send.s3", _names_its_bucket(s3))
    return s3


def _names_its_bucket(s3):
    endpoint = urlsplit(s3.meta.endpoint_url).hostname

    def check(request, **_):
        url = urlsplit(request.url)
        # ListBuckets is on no bucket, and the location of one botocore asks by path in any style.
        is_by_path = url.path == "/" or url.query == "location"
        assert is_by_path or url.hostname.endswith(f".{endpoint}"), request.url

    return check


@contextmanager
def refused(code, *words, status=None):
    """The block is refused with this code, and each of the words in the message."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, error
        assert all(word in found.get("Message", "") for word in words), error
        assert status in (None, error.response["ResponseMetadata"]["HTTPStatusCode"]), error
    else:
        raise AssertionError(f"not refused with {code}")


def noise(seed, length):
    """The same bytes each time, which no two places share."""
    return hashlib.shake_128(seed.encode()).digest(length)


def sha256(data):
    return hashlib.sha256(data).hexdigest()
