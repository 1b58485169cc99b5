"""Syncs by TOOL, the program PROGRAM, as somebody who may work below team-a/ in BUCKET, whose objects lie in FOLDER, and
nowhere else.

    sync_tool.py BUCKET FOLDER TOOL PROGRAM

Up, down, and within the store, each also taking away what is there no more. Of what is below team-b/ nothing is listed,
read, overwritten or deleted, and nothing comes there; each tool says that it was refused and fails.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import tools
from gateway import noise

MIB = 1 << 20
# A store dates objects in whole seconds; a file of this very second would look newer.
LONG_AGO = 1_700_000_000
bucket, folder, tool, program = sys.argv[1:]
store = Path(folder)
up, down, empty = Path("up"), Path("down"), Path("empty")

TREE = {
    "plain": b"plain",
    "empty": b"",
    "a space": b"a space",
    "plus+equals=": b"plus",
    "percent%2Fslash %25": b"percent",
    "größe-日本語-🦆": noise("letters", 70_001),
    "!'()~&$@,;:": b"punctuation",
    "deep/er/and/deeper": noise("deep", 65_537),
    "parts": noise("parts", 11 * MIB + 1),
}


class Aws:
    def __init__(self):
        self.words = [sys.executable, program, "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "s3"]

    def url(self, path):
        return f"s3://{bucket}/{path}"

    def sync(self, source, target):
        return [*self.words, "sync", "--only-show-errors", "--delete", source, target]

    def others(self, file):
        yield [*self.words, "ls", self.url("team-b/")]
        yield [*self.words, "cp", self.url("team-b/kept"), "taken"]
        yield [*self.words, "cp", file, self.url("team-b/kept")]
        yield [*self.words, "cp", self.url("team-a/plain"), self.url("team-b/given")]
        yield [*self.words, "mv", self.url("team-a/plain"), self.url("team-b/kept")]
        yield [*self.words, "mv", self.url("team-b/kept"), self.url("team-a/taken")]
        yield [*self.words, "rm", self.url("team-b/kept")]


class Rclone:
    def __init__(self):
        self.words = tools.rclone(program)

    def url(self, path):
        return f"gateway:{bucket}/{path}"

    def sync(self, source, target):
        return [*self.words, "sync", source, target]

    def others(self, file):
        yield [*self.words, "lsjson", self.url("team-b")]
        yield [*self.words, "copyto", self.url("team-b/kept"), "taken"]
        yield [*self.words, "copyto", file, self.url("team-b/kept")]
        yield [*self.words, "copyto", self.url("team-a/plain"), self.url("team-b/given")]
        yield [*self.words, "copyto", self.url("team-b/kept"), self.url("team-a/taken")]
        yield [*self.words, "deletefile", self.url("team-b/kept")]


class Mc:
    def __init__(self):
        self.words = tools.mc(program)

    def url(self, path):
        return f"gateway/{bucket}/{path}"

    def sync(self, source, target):
        return [*self.words, "mirror", "--quiet", "--overwrite", "--remove", source, target]

    def others(self, file):
        yield [*self.words, "ls", self.url("team-b/")]
        yield [*self.words, "cp", self.url("team-b/kept"), "taken"]
        yield [*self.words, "cp", file, self.url("team-b/kept")]
        yield [*self.words, "cp", self.url("team-a/plain"), self.url("team-b/given")]
        yield [*self.words, "mv", self.url("team-b/kept"), self.url("team-a/taken")]
        yield [*self.words, "rm", self.url("team-b/kept")]


class S3cmd:
    def __init__(self):
        # Without this it copies by two steps more: it reads the source's ACL, and writes that to the copy.
        self.words = [*tools.s3cmd(program), "--acl-private"]

    def url(self, path):
        return f"s3://{bucket}/{path}"

    def sync(self, source, target):
        # What ends in a slash is the folder's content.
        parts = ["--multipart-chunk-size-mb", "5"]
        return [*self.words, "sync", "--delete-removed", *parts, *(f"{path.rstrip('/')}/" for path in [source, target])]

    def others(self, file):
        yield [*self.words, "ls", self.url("team-b/")]
        yield [*self.words, "get", self.url("team-b/kept"), "taken"]
        yield [*self.words, "put", file, self.url("team-b/kept")]
        yield [*self.words, "cp", self.url("team-a/plain"), self.url("team-b/given")]
        yield [*self.words, "mv", self.url("team-b/kept"), self.url("team-a/taken")]
        yield [*self.words, "del", self.url("team-b/kept")]


def write(root, tree):
    for name, content in tree.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (LONG_AGO, LONG_AGO))


def read(root):
    files = [file for file in root.rglob("*") if file.is_file()]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def same(what, root, tree):
    got = read(root)
    assert got.keys() == tree.keys(), f"{what}: {sorted(got.keys() ^ tree.keys())}"
    assert got == tree, f"{what}: other bytes in {[name for name in tree if got[name] != tree[name]]}"
    print(what)


def synced(source, target):
    tools.run(who.sync(source, target))


def refused(command):
    ran = tools.attempt(command)
    told = (ran.stdout + ran.stderr).decode(errors="replace")
    # `mc mirror` tells of what it cannot list, and ends as if all were well.
    assert ran.returncode != 0 or "mirror" in command, f"{command} is content: {told}"
    # The last is how `mc cp` tells of a source that it may not look at.
    words = ["AccessDenied", "Access Denied", "not authorized", "403", "Insufficient permissions", "Unable to guess the type of copy operation"]
    assert any(word in told for word in words), f"{command}: {told}"


who = {"aws": Aws, "rclone": Rclone, "mc": Mc, "s3cmd": S3cmd}[tool]()
mine, copied = who.url("team-a/tree"), who.url("team-a/copied")
tree = dict(TREE)
write(up, tree)
down.mkdir()

synced(str(up), mine)
same("up", store / "team-a/tree", tree)
written = {file: file.stat().st_mtime_ns for file in (store / "team-a/tree").rglob("*")}
synced(str(up), mine)
assert all(file.stat().st_mtime_ns == when for file, when in written.items()), "written again, though nothing changed"

synced(mine, str(down))
same("down", down, tree)
synced(mine, copied)
same("within the store", store / "team-a/copied", tree)

(up / "plain").unlink()
(up / "deep/er/and/deeper").unlink()
(up / "empty").write_bytes(b"no more")
del tree["plain"], tree["deep/er/and/deeper"]
tree |= {"empty": b"no more", "deep/er/new": b"new"}
write(up, {"deep/er/new": b"new"})
synced(str(up), mine)
same("up, with what is gone", store / "team-a/tree", tree)
synced(mine, copied)
same("within the store, with what is gone", store / "team-a/copied", tree)
synced(mine, str(down))
same("down, with what is gone", down, tree)

if tool == "aws":
    tools.run(who.words, "mv", "--recursive", "--only-show-errors", copied, who.url("team-a/moved"))
    same("mv", store / "team-a/moved", tree)
    assert read(store / "team-a/copied") == {}
elif tool == "rclone":
    tools.run(who.words, "moveto", copied, who.url("team-a/moved"))
    same("moveto", store / "team-a/moved", tree)
    assert read(store / "team-a/copied") == {}

# All of what is theirs at once: here, rclone wants the slash, without which it asks for an object `team-a`.
tree["plain"] = b"plain again"
write(up, {"plain": b"plain again"})
synced(str(up), who.url("team-a/"))
same("up to the prefix itself", store / "team-a", tree)

# Another's objects.
empty.mkdir()
others = who.url("team-b/")
refused(who.sync(str(up), others))
refused(who.sync(str(empty), others))
refused(who.sync(others, "taken"))
refused(who.sync(others, who.url("team-a/taken/")))
refused(who.sync(who.url("team-a/"), others))
for command in who.others(str(up / "plain")):
    refused(command)
assert read(Path("taken")) == {} and not Path("taken").is_file()
assert read(store / "team-b") == {"kept": b"kept"}, read(store / "team-b").keys()
same("still there", store / "team-a", tree)
