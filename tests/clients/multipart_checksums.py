"""Uploads in parts with each checksum algorithm, by hand and by the transfer manager, and one object with each at once."""

import base64
import io
import sys
import zlib

from boto3.s3.transfer import TransferConfig
from gateway import client, noise

bucket, folder = sys.argv[1:3]
body = noise("parts", (5 << 20) + 1)
s3 = client()
in_parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)


def arrived(key):
    with open(f"{folder}/{key}", "rb") as file:
        assert file.read() == body, f"{key} in the store"
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body, key


for algorithm in [None, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
    chosen = {"ChecksumAlgorithm": algorithm} if algorithm else {}

    s3.put_object(Bucket=bucket, Key=f"whole-{algorithm}", Body=body, **chosen)
    arrived(f"whole-{algorithm}")

    key = f"transferred-{algorithm}"
    s3.upload_fileobj(io.BytesIO(body), bucket, key, ExtraArgs=chosen, Config=in_parts)
    arrived(key)

    key = f"by-hand-{algorithm}"
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **chosen)
    place = {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}
    parts = []
    for number, part in enumerate([body[: 5 << 20], body[5 << 20 :]], 1):
        answer = s3.upload_part(**place, PartNumber=number, Body=part, **chosen)
        # As the transfer manager does: what the answer to a part says, the end repeats.
        said = {"ETag", f"Checksum{algorithm}"} & answer.keys()
        parts.append({"PartNumber": number, **{name: answer[name] for name in said}})
    answer = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert answer["Location"] == f"{s3.meta.endpoint_url}/{bucket}/{key}", answer["Location"]
    arrived(key)

# The checksum of the whole object, which the end of the upload says.
whole = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
chosen = {"ChecksumCRC32": whole, "ChecksumType": "FULL_OBJECT"}
s3.upload_fileobj(io.BytesIO(body), bucket, "of-the-whole", ExtraArgs=chosen, Config=in_parts)
arrived("of-the-whole")
