"""The buckets that a caller may see: NAMES and no other, or with --all these among others; in pages of every size."""

import sys

from gateway import client

names = [name for name in sys.argv[1:] if name != "--all"]
is_all = "--all" in sys.argv
s3 = client()


def check(found, wanted, what):
    if is_all:
        assert set(wanted) <= set(found) and found == sorted(set(found)), (what, found)
    else:
        assert found == wanted, (what, found)


def listed(answer):
    return [bucket["Name"] for bucket in answer["Buckets"]]


whole = s3.list_buckets()
check(listed(whole), names, "whole")
assert "ContinuationToken" not in whole, whole

for size in (1, 2, 3, len(names), 10_000):
    pages = list(s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": size}))
    check([name for page in pages for name in listed(page)], names, size)
    for page in pages:
        assert 0 < len(listed(page)) <= size, page
        if not is_all:
            # What a page tells beyond its buckets is the last of them.
            assert page.get("ContinuationToken") in (None, listed(page)[-1]), page
    if not is_all:
        assert len(pages) == -(-len(names) // size), (size, pages)

prefix = names[0][:-1]
pages = list(s3.get_paginator("list_buckets").paginate(Prefix=prefix, PaginationConfig={"PageSize": 2}))
check([name for page in pages for name in listed(page)], [name for name in names if name.startswith(prefix)], prefix)
assert listed(s3.list_buckets(Prefix="no-such-")) == []
