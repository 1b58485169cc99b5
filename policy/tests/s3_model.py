"""Prints the S3 operations of the installed botocore, one fact a line, its parts set apart by tabs.

operation NAME METHOD URI
parameter NAME QUERY-PARAMETER
header    NAME HEADER            (in lower case; with a last "-", all that begin so)
document  NAME                   (its body is one)
"""

import botocore.session


def has_document(shape):
    members = shape.members
    payload = shape.serialization.get("payload")
    if payload:
        return members[payload].type_name != "blob"
    return any("location" not in member.serialization for member in members.values())


def main():
    model = botocore.session.Session().get_service_model("s3")
    for name in model.operation_names:
        operation = model.operation_model(name)
        print("operation", name, operation.http["method"], operation.http["requestUri"], sep="\t")
        if operation.input_shape is None:
            continue
        if has_document(operation.input_shape):
            print("document", name, sep="\t")
        for member in operation.input_shape.members.values():
            place = member.serialization.get("location")
            text = member.serialization.get("name", "")
            if place == "querystring":
                print("parameter", name, text, sep="\t")
            elif place in ("header", "headers"):
                print("header", name, text.lower(), sep="\t")


if __name__ == "__main__":
    main()
