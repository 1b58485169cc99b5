"""A viewer puts 1 GiB without waiting for leave, and reads why it may not although more than 64 MiB were sent."""

import sys

from gateway import client, refused
from no_expect import take_expect_off


class Counted:
    """A file that knows how far it was read since somebody last went back to its beginning."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.furthest = 0

    def read(self, size=-1):
        data = self.file.read(size)
        self.furthest = max(self.furthest, self.file.tell())
        return data

    def seek(self, offset, whence=0):
        position = self.file.seek(offset, whence)
        if position == 0:
            self.furthest = 0
        return position

    def tell(self):
        return self.file.tell()


s3 = client()
s3.meta.events.register("before-send.s3.PutObject", take_expect_off)
body = Counted(sys.argv[1])
with refused("AccessDenied", "fs:WriteObject", status=403):
    s3.put_object(Bucket="lake", Key="big", Body=body)
assert body.furthest >= 64 << 20, f"only {body.furthest} bytes were sent"
print(f"refused after {body.furthest >> 20} MiB")
