"""Prints random requests of every S3 operation as botocore makes them, one JSON object a line, each with what was asked for.

    python random_requests.py COUNT SEED

Of every operation of botocore's model there are about as many, signed or presigned, in path and in virtual-host style.
What an operation needs it is given, of what may stand in its query besides some. Three paths in ten are spelled in
another way than botocore's, which makes their signatures void. Nothing is sent.
"""

import datetime
import json
import random
import sys
from pathlib import Path
from urllib.parse import quote

import botocore

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "sigv" / "tests"), str(ROOT / "tests" / "clients")]
from awkward import text  # noqa: E402
from botocore_requests import client, described, sent_with_url  # noqa: E402

# The last three cannot stand in a host: botocore has them in the path, whatever its style.
BUCKETS = ["lake", "lake.example.com", "own", "a-b.c", "0.1.2.x", "xn--bcher-kva", "Old_Bucket", "a_b", "a..b"]
# S3's own look so.
VERSIONS = ["null", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo", "a=b", "._-~", "v1"]
# It is sent to a host of its own, and its answers to nobody else.
ELSEWHERE = ["WriteGetObjectResponse"]


def main():
    count, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    mechanisms = ["v4", "v4-presigned", "v2-presigned"]
    clients = [(mechanism, client(mechanism, "http", style)) for mechanism in mechanisms for style in ("path", "virtual")]
    model = clients[0][1].meta.service_model
    names = [name for name in model.operation_names if name not in ELSEWHERE]
    for number in range(count):
        operation = model.operation_model(names[number % len(names)])
        asked = arguments(rng, operation)
        # botocore presigns by version 4 what has no document.
        mechanism, made = rng.choice(clients[:2] if has_body(operation, asked) else clients)
        # Told first: botocore encodes arguments in place.
        line = told(operation, asked) | sent(mechanism, made, operation, asked)
        print(json.dumps(line | respelled(rng, line) if rng.random() < 0.3 else line))


def sent(mechanism, made, operation, asked):
    made.kept.clear()
    method = botocore.xform_name(operation.name)
    if mechanism.endswith("presigned"):
        url = made.generate_presigned_url(method, asked, ExpiresIn=60)
        (request,) = made.kept
        headers = sent_with_url(mechanism, request.headers, False)
    else:
        try:
            getattr(made, method)(**asked)
        except Exception:
            # Once it is sent, what the empty answer lacks is of no interest.
            if not made.kept:
                raise
        (request,) = made.kept
        url, headers = request.url, request.headers.items()
    document = {"body": request.body.decode()} if operation.name == "DeleteObjects" else {}
    return described(mechanism, request.method, url, headers) | document


def respelled(rng, line):
    """The path as other clients write it, who escape more of a key, or less."""
    if line["key"] is None:
        return {}
    path = quote(line["key"], safe=rng.choice(["", "/", "/+", "/!$&'()*,;:@+="]))
    return {"path": f"/{path}" if line["host_bucket"] else f"/{line['bucket']}/{path}"}


def has_body(operation, asked):
    return any("location" not in operation.input_shape.members[name].serialization for name in asked)


def arguments(rng, operation):
    shape = operation.input_shape
    if shape is None:
        return {}
    given = {}
    for name, member in shape.members.items():
        may_be = member.serialization.get("location") == "querystring"
        # Without its one parameter ListDirectoryBuckets is ListBuckets, but for its host.
        if name in shape.required_members or name == "MaxDirectoryBuckets" or (may_be and rng.random() < 0.4):
            given[name] = NAMED[name](rng) if name in NAMED else value(rng, member)
    return given


def source(rng):
    of = {"Bucket": rng.choice(BUCKETS), "Key": key(rng)}
    if rng.random() < 0.4:
        return of | {"VersionId": rng.choice(VERSIONS)}
    return rng.choice([of, f"{of['Bucket']}/{of['Key']}"])


def key(rng):
    return text(rng, 1, 12)


def version(rng):
    return rng.choice([rng.choice(VERSIONS), text(rng, 1, 3)])


def objects(rng):
    each = [{"Key": key(rng)} | rng.choice([{}, {"VersionId": version(rng)}]) for _ in range(rng.randint(1, 3))]
    return {"Objects": each} | rng.choice([{}, {"Quiet": True}])


# What an argument of this name may be, where its type does not say.
NAMED = {
    "Bucket": lambda rng: rng.choice(BUCKETS),
    "Key": key,
    "CopySource": source,
    "VersionId": version,
    "Delete": objects,
    "Prefix": lambda rng: text(rng, 0, 8),
    "Delimiter": lambda rng: rng.choice(["/", "", text(rng, 0, 2)]),
    "PartNumber": lambda rng: rng.randint(1, 10_000),
}


def value(rng, shape):
    """The least that is of this type."""
    match shape.type_name:
        case "string":
            least = max(1, shape.metadata.get("min", 1))
            return rng.choice(shape.enum) if shape.enum else text(rng, least, least + 3)
        case "integer" | "long":
            return rng.randint(1, 1000)
        case "boolean":
            return rng.choice([True, False])
        case "timestamp":
            return datetime.datetime(2026, 1, 1)
        case "blob":
            return b"bytes"
        case "list":
            return [value(rng, shape.member)]
        case "structure":
            names = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
            return {name: value(rng, shape.members[name]) for name in names}
    raise ValueError(f"a {shape.type_name}")


def told(operation, asked):
    of = asked.get("CopySource")
    if isinstance(of, str):
        bucket, _, rest = of.partition("/")
        of = {"Bucket": bucket, "Key": rest}
    return {
        "operation": operation.name,
        "bucket": asked.get("Bucket"),
        "key": asked.get("Key"),
        "version": asked.get("VersionId"),
        "prefix": asked.get("Prefix"),
        "delimiter": asked.get("Delimiter"),
        "source": of and [of["Bucket"], of["Key"], of.get("VersionId")],
        "objects": [[each["Key"], each.get("VersionId")] for each in asked.get("Delete", {}).get("Objects", [])],
    }


if __name__ == "__main__":
    main()
