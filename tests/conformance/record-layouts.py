#!/usr/bin/env python3
"""Records where the members of structures lie in the running Linux: `record-layouts.py FILE < NAMES`.

A developer's tool: `tests/fixtures/bpf/kernel-layouts.jsonl.gz` was made on Linux 6.18. It gets the structures that
`tests/conformance/bpf-layouts.test.ts` has missed, besides those that it has, and what they point to. Of each member
there is the offset and the size in bits; a third number says that it is a field of bits.
"""
import gzip
import json
import os
import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/linux-bpf")
import kernel_btf as btf

POINTER = 8


def size_of(number):
    _, type_ = btf.plain(number)
    if type_.kind in (btf.PTR, btf.FUNC_PROTO):
        return POINTER
    if type_.kind == btf.ARRAY:
        return type_.count * size_of(type_.element)
    return 0 if type_.kind in (btf.FWD, 0) else type_.size


def members_of(struct, base=0, path=""):
    """What has no name of its own has members of the structure around it; members of structures without a name follow."""
    for name, number, offset, bits in struct.members:
        _, inner = btf.plain(number)
        is_struct = inner.kind in (btf.STRUCT, btf.UNION)
        if name:
            yield path + name, [base + offset, bits, 1] if bits else [base + offset, size_of(number) * 8]
        if is_struct and not inner.name:
            yield from members_of(inner, base + offset, f"{path}{name}." if name else path)


def named_by(struct):
    """The names of structures that lie in it or that it points to."""
    for _, number, _, _ in struct.members:
        _, type_ = btf.plain(number)
        while type_.kind in (btf.PTR, btf.ARRAY):
            _, type_ = btf.plain(type_.element if type_.kind == btf.ARRAY else type_.size)
        if type_.kind in (btf.STRUCT, btf.UNION):
            if type_.name:
                yield type_.name
            else:
                yield from named_by(type_)


def main():
    names = set(sys.stdin.read().split())
    if os.path.exists(sys.argv[1]):
        names |= {json.loads(line)["struct"] for line in gzip.open(sys.argv[1])}
    found = {}
    for type_ in btf.types():
        if type_.kind in (btf.STRUCT, btf.UNION) and type_.name:
            found.setdefault(type_.name, type_)
    for name in names & found.keys():
        names = names | set(named_by(found[name]))
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
        for name in sorted(names & found.keys()):
            record = {"struct": name, "bytes": found[name].size, "members": dict(members_of(found[name]))}
            file.write((json.dumps(record, separators=(",", ":")) + "\n").encode())


main()
