"""Sub-resources of buckets and objects, versions and locks, as far as the store (versitygw) has them; the rest it refuses itself.

WHO is `gateway`, or `store` where the script speaks to the store without a gateway between.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from botocore.exceptions import ClientError
from gateway import client, noise, refused

who = sys.argv[1]
s3 = client()
bucket = "sub-resources"
s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True, ObjectOwnership="BucketOwnerPreferred")
here = {"Bucket": bucket}
at = here | {"Key": "a/b c"}

# Versions: a bucket with object lock has them.
assert s3.get_bucket_versioning(**here)["Status"] == "Enabled"
s3.put_bucket_versioning(**here, VersioningConfiguration={"Status": "Enabled"})
first = s3.put_object(**at, Body=b"first")["VersionId"]
second = s3.put_object(**at, Body=b"second")["VersionId"]
assert s3.get_object(**at)["Body"].read() == b"second"
assert s3.get_object(**at, VersionId=first)["Body"].read() == b"first"
assert s3.head_object(**at, VersionId=first)["ContentLength"] == 5

# Lists of versions, whole, under a prefix, beyond a key, cut.
listed = s3.list_object_versions(**here)
assert {version["VersionId"] for version in listed["Versions"]} == {first, second}
owners = {version["Owner"]["ID"] for version in listed["Versions"] if "Owner" in version}
assert who == "store" or owners <= {"lakegate"}, owners
assert "Versions" not in s3.list_object_versions(**here, Prefix="b")
assert "Versions" not in s3.list_object_versions(**here, KeyMarker="b")
cut = s3.list_object_versions(**here, MaxKeys=1)
assert cut["IsTruncated"] and [version["VersionId"] for version in cut["Versions"]] == [second], cut

# Tags of an object, of a version of it, of the bucket.
tags = [{"Key": "colour", "Value": "blue + green"}]
s3.put_object_tagging(**at, Tagging={"TagSet": tags})
assert s3.get_object_tagging(**at)["TagSet"] == tags
assert s3.get_object_tagging(**at, VersionId=second)["TagSet"] == tags
s3.delete_object_tagging(**at)
assert s3.get_object_tagging(**at)["TagSet"] == []
s3.put_object(**here, Key="tagged", Body=b"", Tagging="colour=blue")
assert s3.get_object_tagging(**here, Key="tagged")["TagSet"] == [{"Key": "colour", "Value": "blue"}]
s3.put_bucket_tagging(**here, Tagging={"TagSet": tags})
assert s3.get_bucket_tagging(**here)["TagSet"] == tags
s3.delete_bucket_tagging(**here)
with refused("NoSuchTagSet"):
    s3.get_bucket_tagging(**here)

# Retention and legal hold.
until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
s3.put_object_retention(**at, VersionId=second, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until})
kept = s3.get_object_retention(**at, VersionId=second)["Retention"]
assert kept["Mode"] == "GOVERNANCE" and kept["RetainUntilDate"] == until, kept
s3.put_object_legal_hold(**at, LegalHold={"Status": "ON"})
assert s3.get_object_legal_hold(**at)["LegalHold"]["Status"] == "ON"
s3.put_object_legal_hold(**at, LegalHold={"Status": "OFF"})
try:
    s3.delete_object(**at, VersionId=second)
    raise AssertionError("a version that is retained was deleted")
except ClientError as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403), error
s3.delete_object(**at, VersionId=second, BypassGovernanceRetention=True)
assert s3.get_object(**at)["Body"].read() == b"first"
rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
s3.put_object_lock_configuration(**here, ObjectLockConfiguration=rule)
assert s3.get_object_lock_configuration(**here)["ObjectLockConfiguration"] == rule
s3.put_object_lock_configuration(**here, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})

# Attributes.
attributes = s3.get_object_attributes(**at, ObjectAttributes=["ETag", "ObjectSize"])
assert attributes["ObjectSize"] == 5 and attributes["ETag"], attributes

# ACLs: what was read can be put back.
acl = s3.get_bucket_acl(**here)
assert who == "store" or acl["Owner"]["ID"] == "lakegate", acl["Owner"]
s3.put_bucket_acl(**here, AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"]})
again = s3.get_bucket_acl(**here)
assert again["Owner"] == acl["Owner"] and all(grant in again["Grants"] for grant in acl["Grants"]), (again, acl)
s3.put_bucket_acl(**here, ACL="private")

# Documents of the bucket.
policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/public/*",
        }
    ],
}
s3.put_bucket_policy(**here, Policy=json.dumps(policy))
assert json.loads(s3.get_bucket_policy(**here)["Policy"]) == policy
s3.delete_bucket_policy(**here)
with refused("NoSuchBucketPolicy"):
    s3.get_bucket_policy(**here)
controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
s3.put_bucket_ownership_controls(**here, OwnershipControls=controls)
assert s3.get_bucket_ownership_controls(**here)["OwnershipControls"] == controls
cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]}
s3.put_bucket_cors(**here, CORSConfiguration=cors)
found = s3.get_bucket_cors(**here)["CORSRules"][0]
assert found["AllowedOrigins"] == ["https://example.com"], found
s3.delete_bucket_cors(**here)
with refused("NoSuchCORSConfiguration"):
    s3.get_bucket_cors(**here)

# Uploads that are under way.
upload = s3.create_multipart_upload(**here, Key="parts/large")["UploadId"]
listed = s3.list_multipart_uploads(**here)
assert [one["UploadId"] for one in listed["Uploads"]] == [upload]
assert listed["Uploads"][0]["Initiator"]["ID"] != "STOREROOT" or who == "store", listed["Uploads"]
assert not s3.list_multipart_uploads(**here, Prefix="other").get("Uploads")
s3.upload_part(**here, Key="parts/large", UploadId=upload, PartNumber=1, Body=noise("part", 1000))
s3.abort_multipart_upload(**here, Key="parts/large", UploadId=upload)
assert not s3.list_multipart_uploads(**here).get("Uploads")

# What the store does of the rest, or why not, is for the caller to compare.
for name, arguments in {
    "get_bucket_abac": {},
    "get_bucket_accelerate_configuration": {},
    "get_bucket_encryption": {},
    "get_bucket_intelligent_tiering_configuration": {"Id": "one"},
    "get_bucket_inventory_configuration": {"Id": "one"},
    "get_bucket_lifecycle_configuration": {},
    "get_bucket_logging": {},
    "get_bucket_metrics_configuration": {"Id": "one"},
    "get_bucket_notification_configuration": {},
    "get_bucket_policy_status": {},
    "get_bucket_replication": {},
    "get_bucket_request_payment": {},
    "get_bucket_website": {},
    "get_public_access_block": {},
    "list_bucket_analytics_configurations": {},
    "list_bucket_inventory_configurations": {},
    "get_object_acl": {"Key": at["Key"]},
    "get_object_torrent": {"Key": at["Key"]},
    "put_bucket_accelerate_configuration": {"AccelerateConfiguration": {"Status": "Suspended"}},
    "put_bucket_request_payment": {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}},
    "put_bucket_website": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
    "put_public_access_block": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
    "restore_object": {"Key": at["Key"], "RestoreRequest": {"Days": 1}},
    "delete_bucket_lifecycle": {},
    "delete_bucket_website": {},
    "delete_public_access_block": {},
}.items():
    try:
        getattr(s3, name)(**here, **arguments)
        print(name, "done")
    except ClientError as error:
        print(name, error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"])
