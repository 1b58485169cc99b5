"""Uploads by HTML forms into BUCKET, as boto3 presigns them and requests and curl send them, and compares what was stored.

    post_forms.py BUCKET MC

boto3 1.44.5 presigns forms by version 2 unless it is asked for another, as it does URLs. requests writes the whole form in
memory; curl streams it, and waits for `100 Continue` before a large one. MC is the MinIO client, whose `share upload` prints a
command of curl.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import requests
from gateway import client, noise, sha256

MIB = 1 << 20
bucket, mc = sys.argv[1:]
trust = os.environ.get("AWS_CA_BUNDLE")
plain = client()


def by_requests(form, body, name="up.bin"):
    files = {"file": (name, body)}
    answer = requests.post(form["url"], data=form["fields"], files=files, verify=trust or True, allow_redirects=False)
    return answer.status_code, answer.headers, answer.text


def by_curl(form, body, name="up.bin"):
    Path(name).write_bytes(body)
    fields = [part for field in form["fields"].items() for part in ("-F", "=".join(field))]
    command = [os.environ["CURL"], "--silent", "--show-error", "--dump-header", "head", *fields, "-F", f"file=@{name}"]
    if trust:
        command += ["--cacert", trust]
    ran = subprocess.run([*command, form["url"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.returncode == 0, ran.stderr.decode()
    head = Path("head").read_text().strip().split("\n\n")[-1].splitlines()
    headers = requests.structures.CaseInsensitiveDict(line.split(": ", 1) for line in head[1:])
    return int(head[0].split()[1]), headers, ran.stdout.decode()


def same(what, key, body):
    got = plain.get_object(Bucket=bucket, Key=key)
    stored = got["Body"].read()
    assert sha256(stored) == sha256(body), f"{what}: {len(stored)} bytes are not the {len(body)} that were sent"
    print(f"{what}, {len(body)} bytes")
    return got


for version, mark in [(None, "signature"), ("s3", "signature"), ("s3v4", "x-amz-signature")]:
    s3 = client(signature_version=version)
    for send in [by_requests, by_curl]:
        what = f"{version} {send.__name__}"
        for size in [0, 1, 5 * MIB, 16 * MIB + 1]:
            form = s3.generate_presigned_post(bucket, "form/plain", ExpiresIn=600)
            assert mark in form["fields"], form
            body = noise("form", size)
            status, headers, text = send(form, body)
            assert (status, text) == (204, ""), (what, status, text)
            same(what, "form/plain", body)

        fields = {
            "Content-Type": "text/x-a",
            "x-amz-meta-of": "a form",
            "acl": "private",
            "success_action_status": "201",
        }
        conditions = [
            {"Content-Type": "text/x-a"},
            ["starts-with", "$x-amz-meta-of", ""],
            {"acl": "private"},
            {"success_action_status": "201"},
            ["content-length-range", 2, 9],
        ]
        form = s3.generate_presigned_post(bucket, "form/ö ${filename}", fields, conditions, ExpiresIn=600)
        status, headers, text = send(form, b"a body", "né + b.txt")
        assert status == 201, (what, status, text)
        key = "form/ö né + b.txt"
        about = same(f"{what}, named by its file", key, b"a body")
        assert (about["ContentType"], about["Metadata"]) == ("text/x-a", {"of": "a form"}), about
        said = {element.tag: element.text for element in ElementTree.fromstring(text)}
        assert (said["Bucket"], said["Key"], said["ETag"]) == (bucket, key, about["ETag"]), said
        assert said["Location"] == headers["Location"], said
        for body, code in [(b"a", "EntityTooSmall"), (b"0123456789", "EntityTooLarge")]:
            status, _, text = send(form, body, "other")
            assert status == 400 and f"<Code>{code}</Code>" in text, (what, status, text)
        changed = {"url": form["url"], "fields": form["fields"] | {"acl": "public-read"}}
        status, _, text = send(changed, b"a body")
        assert status == 403 and "<Code>AccessDenied</Code>" in text and "$acl" in text, (what, status, text)
        late = s3.generate_presigned_post(bucket, "form/late", ExpiresIn=-1)
        status, _, text = send(late, b"a body")
        assert status == 403 and "Policy expired" in text, (what, status, text)

        to = {"success_action_redirect": "http://site.example/done?a=b"}
        form = s3.generate_presigned_post(bucket, "form/sent on", to, [to], ExpiresIn=600)
        status, headers, text = send(form, b"")
        query = parse_qs(urlsplit(headers["Location"]).query)
        expected = {"a": ["b"], "bucket": [bucket], "key": ["form/sent on"], "etag": [headers["ETag"]]}
        assert (status, query) == (303, expected), (what, status, headers)

# `mc share upload` prints `curl URL -F field=value … -F file=@<FILE>`.
url = urlsplit(os.environ["AWS_ENDPOINT_URL"])
key = f"{os.environ['AWS_ACCESS_KEY_ID']}:{os.environ['AWS_SECRET_ACCESS_KEY']}"
environment = os.environ | {"MC_HOST_lake": f"{url.scheme}://{key}@{url.netloc}"}
if trust:
    authorities = Path(os.environ["HOME"], ".mc/certs/CAs")
    authorities.mkdir(parents=True)
    Path(authorities, "ca.pem").write_bytes(Path(trust).read_bytes())
ran = subprocess.run([mc, "share", "upload", f"lake/{bucket}/form/shared"], env=environment, stdout=subprocess.PIPE)
assert ran.returncode == 0, ran
command = next(line for line in ran.stdout.decode().splitlines() if "curl" in line).split("curl ", 1)[1]
words = shlex.split(command.replace("<FILE>", "shared"))
pairs = dict(word.split("=", 1) for word in words if "=" in word and not word.startswith(("http", "file=")))
shared = {"url": next(word for word in words if word.startswith("http")), "fields": pairs}
status, _, text = by_curl(shared, b"shared", "shared")
assert status in (200, 204), (status, text, words)
same("mc share upload", "form/shared", b"shared")
