"""Deletes at once, as somebody who may work below team-a/ in BUCKET, what they may and what they may not."""

import sys

from gateway import client

bucket = sys.argv[1]
s3 = client()
s3.put_object(Bucket=bucket, Key="team-a/x", Body=b"")


def delete(*objects, **more):
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": list(objects), **more})
    errors = {(error["Key"], error.get("VersionId"), error["Code"]) for error in answer.get("Errors", [])}
    return [entry["Key"] for entry in answer.get("Deleted", [])], errors


mine, others, absent = {"Key": "team-a/x"}, {"Key": "team-b/x"}, {"Key": "team-b/absent"}
denied = {("team-b/x", None, "AccessDenied"), ("team-b/absent", None, "AccessDenied")}
assert delete(others, mine, absent) == (["team-a/x"], denied)
assert delete(others, mine, absent, Quiet=True) == ([], denied)
assert delete(others, absent) == ([], denied)
version = {"Key": "team-a/x", "VersionId": "v"}
assert delete(version) == ([], {("team-a/x", "v", "AccessDenied")})
many = [{"Key": f"team-a/{n}"} for n in range(999)]
deleted, errors = delete(*many, others)
assert len(deleted) == 999 and errors == {("team-b/x", None, "AccessDenied")}, (len(deleted), errors)
