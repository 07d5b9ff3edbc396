#!/usr/bin/env python3
"""Records what the running Linux says of random BTF objects: `record-btf.py SEED COUNT FILE`.

A developer's tool, for root: `tests/fixtures/bpf/btf-blobs.jsonl.gz` was made with seed 7 and 800 objects on Linux 6.18. Each line has
the bytes of an object, the errno of BPF_BTF_LOAD and its log. Objects are almost right: a list of types that refer to each other with
some luck, of which a few things are then changed.
"""
import ctypes
import itertools
import json
import os
import random
import struct
import sys

SYS_BPF, BTF_LOAD = 321, 18
LOG_BYTES = 1 << 20
libc = ctypes.CDLL(None, use_errno=True)
os.sched_setaffinity(0, {0})

NAMES = [b"a", b"b", b"s", b"foo", b"foo.bar", b"_x9", b".data", b".rodata.str1.1", b"9x", b"a b", b"x-y", b"\xe9t\xe9", b"a\x80",
         b"int", b"kptr", b"user", b"contains:s:n", b"contains:foo:a", b"bpf_spin_lock", b"bpf_list_head", b"bpf_list_node",
         b"bpf_rb_root", b"bpf_rb_node", b"bpf_refcount", b"bpf_res_spin_lock", b"n" * 511, b"n" * 512, b"long" * 300, b"tab\tname"]
GOOD = [b"a", b"b", b"s", b"foo", b"foo.bar", b"_x9", b"int"]
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, \
    TYPE_TAG, ENUM64 = range(1, 20)
SPECIAL = {b"bpf_spin_lock": 4, b"bpf_list_head": 16, b"bpf_list_node": 24, b"bpf_rb_root": 16, b"bpf_rb_node": 32,
           b"bpf_refcount": 4, b"bpf_res_spin_lock": 8}


class Blob:
    def __init__(self, rnd, luck=1):
        self.rnd = rnd
        self.luck = luck
        self.strings = bytearray(b"\0")
        self.offsets = {}
        for name in NAMES:
            self.offsets[name] = len(self.strings)
            self.strings += name + b"\0"
        self.types = []
        self.kinds = [0]
        self.sizes = [0]

    def name(self, good=0.97):
        rnd = self.rnd
        if rnd.random() < good:
            return self.offsets[rnd.choice(GOOD)]
        return rnd.choice([0, 1, 3, len(self.strings) - 1, len(self.strings), 0xFFFFFFFF, 0x1000001,
                           *(self.offsets[name] for name in NAMES)])

    def none(self):
        return 0 if self.rnd.random() < 0.99 else self.name(0.5)

    def ref(self, kinds=None, count=None):
        """A type that is there already, or with little luck one that is to come."""
        rnd = self.rnd
        known = len(self.kinds)
        roll = rnd.random()
        if roll < 0.006:
            return rnd.choice([0, known, 0xFFFFF, 0x100000, 0xFFFFFFFF])
        if roll < 0.06:
            return known + rnd.randrange(8)
        fit = [i for i, kind in enumerate(self.kinds) if kinds is None or kind in kinds]
        return rnd.choice(fit or [0])

    def add(self, name, kind, vlen, size, tail=b"", kflag=0, real_size=0):
        info = kind << 24 | vlen | kflag << 31
        if self.luck and self.rnd.random() < 0.004:
            info ^= 1 << self.rnd.randrange(32)
        self.types.append(struct.pack("<III", name & 0xFFFFFFFF, info & 0xFFFFFFFF, size & 0xFFFFFFFF) + tail)
        self.kinds.append(kind)
        self.sizes.append(real_size)

    SIZED = {INT, PTR, ARRAY, STRUCT, UNION, ENUM, TYPEDEF, VOLATILE, CONST, RESTRICT, FLOAT, ENUM64, TYPE_TAG}

    def one(self):
        rnd = self.rnd
        kind = rnd.choice([INT, INT, PTR, PTR, ARRAY, STRUCT, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC,
                           FUNC_PROTO, FUNC_PROTO, VAR, VAR, DATASEC, FLOAT, DECL_TAG, DECL_TAG, TYPE_TAG, ENUM64])
        odd = rnd.random() < 0.04
        kflag = int(rnd.random() < 0.006)
        if kind == INT:
            size = rnd.choice([1, 2, 4, 8, 16])
            bits = size * 8 if rnd.random() < 0.95 else rnd.choice([1, 3, 7, 9, 31, 64, 127, 128, 129, 255])
            offset = 0 if not odd else rnd.choice([0, 1, 4, 8, 64, 255])
            encoding = rnd.choice([0, 1, 2, 4]) if not odd else rnd.randrange(16)
            data = encoding << 24 | offset << 16 | bits
            if rnd.random() < 0.01:
                data |= rnd.choice([1 << 8, 1 << 28, 1 << 31])
            self.add(self.name(), kind, int(odd and rnd.random() < 0.1), size, struct.pack("<I", data), kflag, size)
        elif kind in (PTR, VOLATILE, CONST, RESTRICT):
            fits = {PTR, VOLATILE, CONST, RESTRICT, TYPEDEF} if rnd.random() < 0.2 else None
            self.add(self.none(), kind, int(odd and rnd.random() < 0.1), self.ref(fits), b"", kflag, 8)
        elif kind == TYPEDEF:
            self.add(self.name(), kind, 0, self.ref(), b"", kflag, 8)
        elif kind == TYPE_TAG:
            self.add(self.name(), kind, 0, self.ref(), b"", int(rnd.random() < 0.3), 8)
        elif kind == ARRAY:
            count = rnd.choice([0, 1, 2, 3, 8, 100, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF] if odd else [0, 1, 2, 3, 8])
            elem = self.ref(self.SIZED)
            size = (self.sizes[elem] if elem < len(self.sizes) else 0) * count
            tail = struct.pack("<III", elem, self.ref({INT} if rnd.random() < 0.95 else None), count)
            self.add(self.none(), kind, 0, int(odd and rnd.random() < 0.2), tail, kflag, size)
        elif kind in (STRUCT, UNION):
            self.composite(kind, odd)
        elif kind in (ENUM, ENUM64):
            count = rnd.randrange(4)
            signed = int(rnd.random() < 0.5)
            tail = b""
            for _ in range(count):
                tail += struct.pack("<I", self.name())
                tail += rnd.randbytes(4 if kind == ENUM else 8) if rnd.random() < 0.5 else struct.pack("<I", 3) * (1 if kind == ENUM else 2)
            size = rnd.choice([1, 2, 4, 8] if not odd else [0, 1, 3, 4, 5, 16])
            self.add(self.name() if rnd.random() < 0.6 else 0, kind, count, size, tail, signed, size)
        elif kind == FWD:
            self.add(self.name(), kind, 0, int(odd and rnd.random() < 0.2), b"", int(rnd.random() < 0.5))
        elif kind == FUNC_PROTO:
            count = rnd.randrange(4)
            params = [(self.name() if rnd.random() < 0.85 else 0, self.ref(self.SIZED if rnd.random() < 0.96 else None)) for _ in range(count)]
            if rnd.random() < 0.2:
                params.append((self.none(), 0))
            tail = b"".join(struct.pack("<II", name & 0xFFFFFFFF, kind_) for name, kind_ in params)
            self.add(self.none(), kind, len(params), self.ref(self.SIZED) if rnd.random() < 0.7 else 0, tail, kflag)
        elif kind == FUNC:
            self.add(self.name(), kind, rnd.choice([0, 1] if not odd else [0, 1, 2, 3]), self.ref({FUNC_PROTO}), b"", kflag)
        elif kind == VAR:
            target = self.ref(self.SIZED)
            size = self.sizes[target] if target < len(self.sizes) else 0
            self.add(self.name(), kind, 0, target, struct.pack("<I", rnd.choice([0, 1] if not odd else [0, 1, 2, 7])), kflag, size)
        elif kind == DATASEC:
            offset, tail, count = 0, b"", rnd.randrange(4)
            for _ in range(count):
                var = self.ref({VAR} if rnd.random() < 0.97 else None)
                size = (self.sizes[var] if var < len(self.sizes) else 4) or 4
                if rnd.random() < 0.05:
                    size = rnd.choice([0, 1, size + 1, 0xFFFFFFFF])
                offset += rnd.choice([0, 0, 0, 4, -1]) if rnd.random() < 0.2 else 0
                tail += struct.pack("<III", var, offset & 0xFFFFFFFF, size & 0xFFFFFFFF)
                offset += size
            total = offset if rnd.random() < 0.9 else rnd.choice([0, max(offset - 1, 0), offset + 8, 0xFFFFFFFF])
            self.add(self.offsets[rnd.choice([b".data", b".rodata.str1.1", b"a b", b"foo"])] if not odd else self.name(0.5),
                     kind, count, total or int(not odd), tail, kflag)
        elif kind == FLOAT:
            size = rnd.choice([2, 4, 8, 12, 16] if not odd else [0, 1, 3, 8, 32])
            self.add(self.name(), kind, 0, size, b"", kflag, size)
        elif kind == DECL_TAG:
            target = self.ref({STRUCT, UNION, FUNC, VAR, TYPEDEF} if rnd.random() < 0.96 else None)
            self.add(self.offsets[rnd.choice(NAMES)], kind, 0, target,
                     struct.pack("<i", rnd.choice([-1, -1, -1, 0, 1]) if not odd else rnd.choice([-2, 3, 65536, 0x7FFFFFFF])),
                     int(rnd.random() < 0.2))

    def composite(self, kind, odd):
        rnd = self.rnd
        kflag = int(rnd.random() < 0.35)
        if rnd.random() < 0.2:
            name = rnd.choice(list(SPECIAL))
            return self.add(self.offsets[name], kind, 0, SPECIAL[name] if not odd else 4, b"", 0, SPECIAL[name])
        offset, tail, count = 0, b"", rnd.randrange(5)
        largest = 0
        for _ in range(count):
            target = self.ref(self.SIZED if rnd.random() < 0.97 else None)
            size = self.sizes[target] if target < len(self.sizes) else 4
            align = min(max(size, 1), 8) * 8 or 8
            bits = 0
            if rnd.random() < 0.9 and kind == STRUCT:
                offset = (offset + align - 1) // align * align
            if rnd.random() < 0.04:
                offset += rnd.choice([1, 4, -8, 8, 0x1000000])
            if kflag and rnd.random() < 0.4:
                bits = rnd.choice([1, 3, 7, 8, 16, 31, 32, 33, 64, 128, 255])
            raw = offset & 0xFFFFFFFF
            if kflag:
                raw = bits << 24 | offset & 0xFFFFFF
            tail += struct.pack("<III", (self.name() if rnd.random() < 0.8 else 0) & 0xFFFFFFFF, target, raw)
            largest = max(largest, size)
            if kind == STRUCT:
                offset = max(offset, 0) + (bits or size * 8)
        total = largest if kind == UNION else (max(offset, 0) + 7) // 8
        if odd:
            total = max(0, total + rnd.choice([-1, -4, 0, 1, 8]))
        self.add(self.name() if rnd.random() < 0.6 else 0, kind, count, total, tail, kflag, total)

    def bytes(self):
        rnd, luck = self.rnd, self.luck
        types = b"".join(self.types)
        if rnd.random() < 0.03 * luck:
            types = types[: rnd.randrange(len(types) + 1)]
        strings = bytes(self.strings)
        magic, version, flags, hdr_len = 0xEB9F, 1, 0, 24
        type_off, type_len, str_off, str_len = 0, len(types), len(types), len(strings)
        gap = b""
        swapped = rnd.random() < 0.02 * luck
        if swapped:
            type_off, str_off = len(strings), 0
        roll = rnd.random() if luck else 1
        if roll < 0.10:
            which = rnd.randrange(14)
            delta = rnd.choice([-4, -1, 1, 4, 1000, 0x7FFFFFFF, 0xFFFFFFF0])
            if which == 0:
                magic = 0x9FEB
            elif which == 1:
                version = rnd.choice([0, 2])
            elif which == 2:
                flags = 1
            elif which == 3:
                hdr_len = rnd.choice([0, 7, 8, 12, 20, 23, 25, 28, 32, 1000, 0xFFFFFFFF])
            elif which == 4:
                type_off += delta
            elif which == 5:
                type_len += delta
            elif which == 6:
                str_off += delta
            elif which == 7:
                str_len += delta
            elif which == 8:
                gap = b"\0" * rnd.choice([1, 4])
            elif which == 9:
                strings = strings[:-1]
            elif which == 10:
                strings = b"x" + strings[1:]
            elif which == 11:
                type_len = 0
                str_off = 0
                types = b""
            elif which == 12:
                hdr_len = 28
                gap = rnd.choice([b"\0\0\0\0", b"\0\0\1\0"])
            elif which == 13:
                str_len = 0
        words = [word & 0xFFFFFFFF for word in (hdr_len, type_off, type_len, str_off, str_len)]
        head = struct.pack("<HBBIIIII", magic, version, flags, *words)
        blob = head + gap + (strings + types if swapped else types + strings)
        if 0.10 <= roll < 0.12:
            blob = blob[: rnd.choice([0, 1, 7, 8, 12, 23, 24, 25, rnd.randrange(len(blob))])]
        if 0.12 <= roll < 0.16:
            at = rnd.randrange(24, len(blob))
            blob = blob[:at] + bytes([rnd.randrange(256)]) + blob[at + 1:]
        return blob


def load(blob, level=1, log_bytes=LOG_BYTES):
    data = ctypes.create_string_buffer(blob, max(len(blob), 1))
    log = ctypes.create_string_buffer(log_bytes)
    attr = struct.pack("<QQIIIIII", ctypes.addressof(data), ctypes.addressof(log) if level else 0, len(blob),
                       log_bytes if level else 0, level, 0, 0, 0)
    room = ctypes.create_string_buffer(attr, 128)
    answer = libc.syscall(SYS_BPF, BTF_LOAD, room, 128)
    errno = ctypes.get_errno() if answer < 0 else 0
    if answer >= 0:
        os.close(answer)
    return errno, log.value.decode("latin-1")


def crafted(rnd):
    """Chains around the depth at which Linux gives up, in both directions, and circles."""
    chains = {
        "ptr": lambda blob, target: blob.add(0, PTR, 0, target),
        "const": lambda blob, target: blob.add(0, CONST, 0, target),
        "tag": lambda blob, target: blob.add(blob.offsets[b"user"], TYPE_TAG, 0, target),
        "array": lambda blob, target: blob.add(0, ARRAY, 0, 0, struct.pack("<III", target, 1, 1), 0, 4),
        "struct": lambda blob, target: blob.add(0, STRUCT, 1, 4, struct.pack("<III", 0, target, 0), 0, 4),
        "pair": lambda blob, target: blob.add(0, STRUCT, 2, 8, struct.pack("<IIIIII", 0, target, 0, 0, target, 32), 0, 8),
    }
    for name, make in chains.items():
        for length in (1, 2, 30, 31, 32, 33, 34, 40):
            for direction in ("back", "forward", "circle"):
                blob = Blob(rnd, 0)
                blob.add(blob.offsets[b"int"], INT, 0, 4, struct.pack("<I", 32))
                for i in range(length):
                    last = {"back": i + 1, "forward": 1 if i == length - 1 else i + 3, "circle": 2 if i == length - 1 else i + 3}
                    make(blob, last[direction])
                yield blob.bytes()


def blobs(rnd, count):
    for _ in range(count):
        blob = Blob(rnd)
        for _ in range(rnd.choice([1, 2, 4, 8, 12, 20, 40])):
            blob.one()
        yield blob.bytes()


def main():
    seed, count, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    rnd = random.Random(seed)
    with open(path, "w") as out:
        for data in itertools.chain(crafted(rnd), blobs(rnd, count)):
            errno, log = load(data)
            out.write(json.dumps({"btf": data.hex(), "errno": errno, "log": log}) + "\n")


main()
