#!/usr/bin/env python3
"""Records where the members of structures lie in the running Linux: `record-layouts.py FILE < NAMES`.

A developer's tool: `tests/fixtures/bpf/kernel-layouts.jsonl.gz` was made on Linux 6.18 with the names that
`tests/conformance/bpf-layouts.test.ts` gives when a structure was not recorded. Of each member there is the offset and the
size in bits; a third number says that it is a field of bits.
"""
import gzip
import json
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


def main():
    names = sys.stdin.read().split()
    found = {}
    for type_ in btf.types():
        if type_.kind in (btf.STRUCT, btf.UNION) and type_.name:
            found.setdefault(type_.name, type_)
    with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
        for name in sorted(set(names) & found.keys()):
            record = {"struct": name, "bytes": found[name].size, "members": dict(members_of(found[name]))}
            file.write((json.dumps(record, separators=(",", ":")) + "\n").encode())


main()
