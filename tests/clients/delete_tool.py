"""Deletes by TOOL, the program PROGRAM, as somebody who may work below team-a/ in BUCKET and nowhere else.

    delete_tool.py BUCKET TOOL PROGRAM

Everything below team-a/gone goes, some of it under odd keys; of what is below team-b/ nothing does, and the tool says so.
"""

import sys

import tools
from awkward import PIECES
from gateway import client

bucket, tool, program = sys.argv[1:]
s3 = client()


def kept(prefix):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


# A file of the store is what comes of each; `/` and `..` would lead it elsewhere.
odd = [f"odd/k{piece}k" for piece in PIECES if "/" not in piece and piece != ".."]
gone = [f"team-a/gone/{name}" for name in [*(f"{n:04}" for n in range(1010)), *odd]]
for key in [*gone, "team-a/kept"]:
    s3.put_object(Bucket=bucket, Key=key, Body=b"")
assert len(kept("team-a/gone/")) == 1000

match tool:
    case "aws":
        words = [sys.executable, program, "s3", "rm", "--recursive", "--only-show-errors"]
        below, others = [f"s3://{bucket}/team-a/gone/"], [f"s3://{bucket}/team-b/"]
    case "mc":
        words = [*tools.mc(program), "rm", "--recursive", "--force"]
        below, others = [f"gateway/{bucket}/team-a/gone/"], [f"gateway/{bucket}/team-b/"]
    case "s3cmd":
        words = [*tools.s3cmd(program), "del", "--recursive", "--force"]
        below, others = [f"s3://{bucket}/team-a/gone/"], [f"s3://{bucket}/team-b/"]
    case "rclone":
        words = tools.rclone(program)
        tools.run(words, "delete", f"gateway:{bucket}/team-a/gone/odd")
        words = [*words, "purge"]
        below, others = [f"gateway:{bucket}/team-a/gone/"], [f"gateway:{bucket}/team-b/"]
    case "s5cmd":
        words = [*tools.s5cmd(program), "rm"]
        below, others = [f"s3://{bucket}/team-a/gone/*"], [f"s3://{bucket}/team-b/*"]
    case _:
        raise AssertionError(tool)

tools.run(words, *below)
assert kept("team-a/gone/") == [], kept("team-a/gone/")
assert kept("team-a/") == ["team-a/kept"]

refused = tools.attempt(words, *others)
assert refused.returncode != 0, (refused.stdout, refused.stderr)
told = (refused.stdout + refused.stderr).decode(errors="replace")
assert any(word in told for word in ["AccessDenied", "Access Denied", "not authorized", "403"]), told
print(told)
