"""What somebody does who holds a presigned URL and no key: curl, the program CURL of the environment, and nothing else."""

import os
import subprocess
from pathlib import Path


def fetched(url):
    """What a GET of `url` gives."""
    return _curl(url)


def stored(url, body):
    """Puts `body` at `url`."""
    Path("presigned").write_bytes(body)
    _curl("--upload-file", "presigned", url)


def _curl(*args):
    trust = os.environ.get("AWS_CA_BUNDLE")
    if trust:
        args = ("--cacert", trust, *args)
    command = [os.environ["CURL"], "--silent", "--show-error", "--fail-with-body", *args]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.returncode == 0, f"{args}: {ran.stderr.decode()}{ran.stdout.decode(errors='replace')}"
    return ran.stdout
