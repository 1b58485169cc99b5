"""What every script here needs: a client that hides nothing, and a word for a refusal."""

import hashlib
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(s3=None, **more):
    """A client of the endpoint and key of the environment, which tries once; `s3` and `more` are further settings."""
    settings = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"} | (s3 or {}),
        inject_host_prefix=False,
        **more,
    )
    return boto3.client("s3", config=settings)


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
