#!/usr/bin/env python3
"""Records which maps the running Linux makes with which types: `record-map-btf.py SEED COUNT FILE`.

A developer's tool, for root: `tests/fixtures/bpf/map-btf.jsonl.gz` was made with seed 3 and 3000 maps on Linux 6.18. The first line
holds the BTF that all maps use; each other one the attributes of a map and the errno of BPF_MAP_CREATE.
"""
import ctypes
import json
import os
import random
import struct
import sys

SYS_BPF, MAP_CREATE, BTF_LOAD = 321, 0, 18
libc = ctypes.CDLL(None, use_errno=True)
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST = range(1, 11)
VAR, DATASEC, DECL_TAG, TYPE_TAG = 14, 15, 17, 18


class Types:
    def __init__(self):
        self.strings = bytearray(b"\0")
        self.records = b""
        self.sizes = [0]

    def string(self, text):
        if text == "":
            return 0
        at = len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def add(self, name, kind, vlen, size_or_type, tail=b"", size=0, kflag=0):
        self.records += struct.pack("<III", self.string(name), kflag << 31 | kind << 24 | vlen, size_or_type) + tail
        self.sizes.append(size)
        return len(self.sizes) - 1

    def int(self, name, size, bits=None, encoding=0):
        return self.add(name, INT, 0, size, struct.pack("<I", encoding << 24 | (bits or size * 8)), size)

    def struct(self, name, members, kind=STRUCT, kflag=0):
        """Members are (name, type) or (name, type, offset in bits)."""
        end, tail = 0, b""
        for member in members:
            size = self.sizes[member[1]]
            align = min(max(size, 1), 8) if size % 8 == 0 or size < 8 else 4
            at = member[2] if len(member) > 2 else (0 if kind == UNION else -(-end // align) * align * 8)
            tail += struct.pack("<III", self.string(member[0]), member[1], at)
            end = max(end, (at & 0xFFFFFF) // 8 + size)
        total = -(-end // 4) * 4
        return self.add(name, kind, len(members), total, tail, total, kflag)

    def array(self, elem, count):
        return self.add("", ARRAY, 0, 0, struct.pack("<III", elem, self.u32, count), self.sizes[elem] * count)

    def kptr(self, tag, target):
        return self.add("", PTR, 0, self.add(tag, TYPE_TAG, 0, target), b"", 8)

    def bytes(self):
        head = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(self.records), len(self.records), len(self.strings))
        return head + self.records + bytes(self.strings)


def make_types():
    t = Types()
    t.u32 = t.int("u32", 4)
    u64, u8, s32 = t.int("u64", 8), t.int("u8", 1), t.int("s32", 4, 31)
    lock = t.add("bpf_spin_lock", STRUCT, 1, 4, struct.pack("<III", t.string("val"), t.u32, 0), 4)
    special = {"lock": lock}
    for name, size in (("bpf_timer", 16), ("bpf_wq", 16), ("bpf_task_work", 8), ("bpf_list_head", 16), ("bpf_list_node", 24), ("bpf_rb_root", 16),
                       ("bpf_rb_node", 32), ("bpf_refcount", 4), ("bpf_res_spin_lock", 4)):
        special[name] = t.struct(name, [("o", t.array(t.u32, size // 4))])
    node = t.struct("node", [("n", special["bpf_list_node"]), ("data", u64)])
    rb = t.struct("rb", [("data", u64), ("n", special["bpf_rb_node"])])
    both = t.struct("both", [("l", special["bpf_list_node"]), ("r", special["bpf_rb_node"]), ("ref", special["bpf_refcount"])])
    own = t.struct("only_here", [("a", t.u32)])
    task, unknown = t.struct("task_struct", []), t.struct("vm_area_struct", [])
    cgroup = t.struct("cgroup", [])
    plain = t.struct("plain", [("a", t.u32), ("b", t.u32)])
    big = t.struct("big", [("x", t.array(u64, 600))])
    pointers = [t.kptr(tag, to) for tag in ("kptr", "kptr_untrusted", "percpu_kptr", "uptr", "rcu") for to in (own, task, unknown, cgroup, plain, big)]
    pointers.append(t.add("", PTR, 0, u64, b"", 8))
    pointers.append(t.add("", VOLATILE, 0, pointers[0], b"", 8))
    pointers.append(t.add("", CONST, 0, pointers[0], b"", 8))
    t.struct("bits", [("a", t.u32, 3 << 24 | 0), ("b", t.u32, 5 << 24 | 3)], kflag=1)
    fields = [[special["lock"]], [special["bpf_res_spin_lock"]], [special["bpf_timer"]], [special["bpf_wq"]], [special["bpf_refcount"]], [t.u32], [u64],
              [special["bpf_task_work"]], [t.struct("l", [("l", special["lock"])]), t.struct("r", [("l", special["bpf_res_spin_lock"])])],
              [special["lock"], special["bpf_timer"]], [special["bpf_list_node"]], [plain], [t.array(special["lock"], 2)],
              [t.array(special["bpf_timer"], 1)], [t.array(pointers[1], 3)], [t.array(pointers[1], 12)], *[[t.array(p, 1)] for p in pointers]]
    values = []
    for i, parts in enumerate(fields):
        members = [("a", t.u32)] + [(f"f{j}", part) for j, part in enumerate(parts)]
        value = t.struct(f"value{i}", members)
        values.append(value)
        if i % 3 == 0:
            values.append(t.struct(f"outer{i}", [("x", u64), ("inner", value)]))
            values.append(t.struct("", [("inner", t.array(value, 2))]))
            values.append(t.add(f"alias{i}", TYPEDEF, 0, value, b"", t.sizes[value]))
            values.append(t.struct(f"odd{i}", [("c", u8), ("inner", value, 8)]))
        if i % 7 == 0:
            values.append(t.struct(f"either{i}", [("x", u64), ("f", parts[0])], UNION))
    # What is wrong with a root is refused with the types already.
    for i, (root, contains) in enumerate([("bpf_list_head", "node:n"), ("bpf_rb_root", "rb:n"), ("bpf_list_head", "both:l"), ("bpf_rb_root", "both:r")]):
        for held in ("lock", "bpf_res_spin_lock"):
            members = [("lock", special[held])] + [("root", special[root])]
            value = t.struct(f"root{i}", members)
            values.append(value)
            t.add(f"contains:{contains}", DECL_TAG, 0, value, struct.pack("<i", 1))
    variables = [(t.add(f"v{i}", VAR, 0, kind, struct.pack("<I", 1), t.sizes[kind]), t.sizes[kind]) for i, kind in enumerate([t.u32, u64, lock, special["bpf_timer"], pointers[1], values[0]])]
    for i in range(len(variables)):
        at, tail = 0, b""
        for var, size in variables[i:]:
            at = -(-at // 8) * 8
            tail += struct.pack("<III", var, at, size)
            at += size
        values.append(t.add(f".data{i}", DATASEC, len(variables) - i, at, tail, at))
    cgroup_key = t.struct("bpf_cgroup_storage_key", [("id", u64), ("type", t.u32)])
    wide_key = t.struct("wide_key", [("id", u64), ("type", t.u32), ("pad", t.u32)])
    return t, values, [t.u32, t.u32, t.u32, s32, u64, plain, cgroup_key, wide_key, u8, 0, 0]


def bpf(command, attr):
    room = ctypes.create_string_buffer(attr, 128)
    answer = libc.syscall(SYS_BPF, command, room, 128)
    return answer if answer >= 0 else -ctypes.get_errno()


def load(data):
    room, log = ctypes.create_string_buffer(data, len(data)), ctypes.create_string_buffer(1 << 20)
    fd = bpf(BTF_LOAD, struct.pack("<QQIIII", ctypes.addressof(room), ctypes.addressof(log), len(data), 1 << 20, 1, 0))
    if fd < 0:
        sys.exit(f"the types are refused: {os.strerror(-fd)}\n{log.value.decode()[-400:]}")
    return fd


def main():
    rnd = random.Random(int(sys.argv[1]))
    types, values, keys = make_types()
    data = types.bytes()
    fd = load(data)
    with open(sys.argv[3], "w") as out:
        out.write(json.dumps({"btf": data.hex()}) + "\n")
        for _ in range(int(sys.argv[2])):
            map_type = rnd.choice([1, 2, 5, 6, 9, 10, 1, 2, 9, rnd.randrange(1, 34), 28, 29, 24, 32])
            key, value = rnd.choice(keys), rnd.choice(values) if rnd.random() < 0.95 else rnd.choice([0, 1, 2, 9999, rnd.randrange(len(types.sizes))])
            if map_type in (1, 2, 6, 24, 28, 29, 32) and rnd.random() < 0.7:
                key = 1
            size = lambda kind: types.sizes[kind] if kind < len(types.sizes) else 4
            key_size, value_size = size(key) or 4, size(value) or 8
            if rnd.random() < 0.05:
                key_size += 4
            if rnd.random() < 0.05:
                value_size += 8
            flags = 1 if map_type in (11, 24, 28, 29, 32) else rnd.choice([0, 0, 0, 0, 0, 0x80, 0x100])
            entries = 0 if map_type in (24, 28, 29, 32) else rnd.choice([1, 4])
            attr = {"type": map_type, "key_size": key_size, "value_size": value_size, "max_entries": entries, "flags": flags, "key": key, "value": value}
            answer = bpf(MAP_CREATE, struct.pack("<IIIIIII16sIIII", map_type, key_size, value_size, entries, flags, 0, 0, b"", 0, fd, key, value))
            if answer >= 0:
                os.close(answer)
            out.write(json.dumps({**attr, "errno": max(-answer, 0)}) + "\n")


main()
