"""A viewer puts 12 MiB, with `Expect: 100-continue` and without, and reads each time why it may not."""

from gateway import client, noise, refused

body = noise("refused", 12 << 20)


def forget_to_wait(request, **_):
    del request.headers["Expect"]


s3 = client()
for _ in range(3):
    with refused("AccessDenied", "fs:WriteObject", status=403):
        s3.put_object(Bucket="lake", Key="big", Body=body)

s3.meta.events.register("before-send.s3.PutObject", forget_to_wait)
for _ in range(10):
    with refused("AccessDenied", "fs:WriteObject", status=403):
        s3.put_object(Bucket="lake", Key="big", Body=body)
