"""Every operation of botocore's S3 model that the gateway does not have is refused, and the refusal names it.

The operations that it has are the arguments. The least that another one needs is made up from the model, so that a new one
is asked for by itself.
"""

import sys

from botocore import xform_name
from gateway import client, refused

IMPLEMENTED = set(sys.argv[1:])
# What tells an operation from another of the same path, where the model does not require it.
MARKS = {"ListDirectoryBuckets": {"MaxDirectoryBuckets": 1}}
TEXTS = {"Bucket": "lake", "CopySource": "lake/source", "ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}


def value(shape, name=""):
    match shape.type_name:
        case "structure":
            members = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
            return {member: value(shape.members[member], member) for member in members}
        case "list":
            return [value(shape.member)]
        case "map":
            return {}
        case "string":
            return shape.enum[0] if shape.enum else TEXTS.get(name, "x" * shape.metadata.get("min", 1))
        case "boolean":
            return True
        case "blob":
            return b"x"
        case "timestamp":
            return 1_767_225_600
        case _:
            return 1


s3 = client()
model = s3.meta.service_model
asked = 0
for operation in model.operation_names:
    if operation in IMPLEMENTED:
        continue
    arguments = value(model.operation_model(operation).input_shape) | MARKS.get(operation, {})
    with refused("NotImplemented", f"{operation} is not implemented", status=501):
        try:
            getattr(s3, xform_name(operation))(**arguments)
        except Exception as error:
            error.add_note(f"{operation}({arguments})")
            raise
    asked += 1
assert asked + len(IMPLEMENTED) == len(model.operation_names) >= 100
print(asked)
