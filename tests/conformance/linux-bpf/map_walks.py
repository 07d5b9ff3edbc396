#!/usr/bin/env python3
"""Writes random map operations of every type, as questions for record.py: `map_walks.py SEED RECORDS OUT.jsonl [TYPES]`.

Hashes get BPF_F_ZERO_SEED, so that order, batches and full buckets are the same each time.
"""
import json
import random
import struct
import sys

NO_PREALLOC, NUMA, RDONLY, WRONLY, STACK_BUILD_ID, ZERO_SEED, RDONLY_PROG, WRONLY_PROG = 1, 4, 8, 16, 32, 64, 128, 256
MMAPABLE, INNER_MAP = 1 << 10, 1 << 12
# Sizes of key and value and entries that are right, and flags that always have to be there.
RIGHT = {
    "hash": ([4, 8, 3], [8, 5], [1, 3, 8, 20], ZERO_SEED),
    "percpu_hash": ([4], [8, 3], [1, 3, 8], ZERO_SEED),
    "lru_hash": ([4], [8], [1, 4, 9], ZERO_SEED),
    "lru_percpu_hash": ([4], [8], [1, 4, 9], ZERO_SEED),
    "array": ([4], [8, 3], [1, 2, 5], 0),
    "percpu_array": ([4], [8, 3], [1, 2, 5], 0),
    "lpm_trie": ([5, 8], [4], [1, 3, 8], NO_PREALLOC),
    "queue": ([0], [4, 8], [1, 3], 0),
    "stack": ([0], [4, 8], [1, 3], 0),
    "bloom_filter": ([0], [4, 7], [1, 3, 40], ZERO_SEED),
    "prog_array": ([4], [4], [1, 3], 0),
    "perf_event_array": ([4], [4], [1, 3], 0),
    "cgroup_array": ([4], [4], [1, 3], 0),
    "array_of_maps": ([4], [4], [1, 3], 0),
    "hash_of_maps": ([4], [4], [1, 3], ZERO_SEED),
    "devmap": ([4], [4, 8], [1, 3, 8], 0),
    "devmap_hash": ([4], [4, 8], [1, 3, 8], 0),
    "cpumap": ([4], [4, 8], [1, 2, 4], 0),
    "xskmap": ([4], [4], [1, 3], 0),
    "sockmap": ([4], [4, 8], [1, 3], 0),
    "sockhash": ([4, 6], [4, 8], [1, 3], 0),
    "reuseport_sockarray": ([4], [4, 8], [1, 3], 0),
    "stack_trace": ([4], [8, 64], [1, 3], 0),
    "cgroup_storage": ([16, 8], [4, 9], [0], 0),
    "percpu_cgroup_storage": ([16, 8], [4, 9], [0], 0),
    "ringbuf": ([0], [0], [4096, 8192], 0),
    "user_ringbuf": ([0], [0], [4096, 8192], 0),
    "arena": ([0], [0], [1, 5], MMAPABLE),
    "sk_storage": ([4], [8], [0], NO_PREALLOC),
    "inode_storage": ([4], [8], [0], NO_PREALLOC),
    "task_storage": ([4], [8], [0], NO_PREALLOC),
    "cgrp_storage": ([4], [8], [0], NO_PREALLOC),
    "struct_ops": ([4], [8], [1], 0),
}
TEMPLATES = [("array", 4, 8, 2, 0), ("array", 4, 8, 3, 0), ("array", 4, 8, 2, INNER_MAP), ("hash", 4, 8, 4, 0), ("hash", 4, 8, 9, 0), ("percpu_array", 4, 8, 2, 0), ("lpm_trie", 8, 8, 4, 1), ("queue", 0, 8, 4, 0)]
TEMPLATES += [("prog_array", 4, 4, 2, 0), ("ringbuf", 0, 0, 4096, 0), ("xskmap", 4, 4, 2, 0), ("xskmap", 4, 4, 3, 0), ("cgroup_storage", 16, 8, 0, 0), ("devmap", 4, 4, 2, 0), ("arena", 0, 0, 1, MMAPABLE), ("stack_trace", 4, 8, 2, 0), ("array", 4, 8, 3, INNER_MAP)]
# Never much: some of these are allocated by the megabyte.
SIZES = [0, 1, 3, 4, 5, 7, 8, 12, 16, 20, 32, 260, 261, 512, 513, 4096, 32768, 32769, 65407, 65408, 4194304]
ENTRIES = [0, 1, 2, 3, 5, 256, 257, 4095, 4096, 4097, 12288, 16384]


def attr(type_, key_size, value_size, max_entries, flags):
    return {"type": type_, "key_size": key_size, "value_size": value_size, "max_entries": max_entries, "flags": flags}


class Walk:
    def __init__(self, r, type_):
        self.r, self.type = r, type_
        keys, values, entries, flags = RIGHT[type_]
        self.key_size, self.value_size, self.entries = r.choice(keys), r.choice(values), r.choice(entries)
        self.flags = flags | (NO_PREALLOC if type_ in ("hash", "percpu_hash", "hash_of_maps") and r.random() < 0.5 else 0)
        self.flags |= r.choice([0] * 12 + [RDONLY, WRONLY, RDONLY_PROG, WRONLY_PROG])
        self.percpu = type_.startswith(("percpu", "lru_percpu"))
        self.ops = []

    def creation(self):
        map_ = attr(self.type, self.key_size, self.value_size, self.entries, self.flags)
        inner = {}
        if self.type.endswith("of_maps"):
            for number, template in enumerate(TEMPLATES):
                self.ops.append({"op": "create", "map": attr(*template), "as": f"t{number}"})
            inner = {"inner": f"t{self.r.choice([0, 0, 1, 2, 2, 3, 4, 5, self.r.randrange(len(TEMPLATES) + 1)])}"}
        if self.type == "prog_array":
            self.ops.append({"op": "prog_load", "prog_type": "socket_filter", "insns": "b7000000000000009500000000000000", "as": "p0"})
            self.ops.append({"op": "prog_load", "prog_type": "xdp", "insns": "b7000000000000009500000000000000", "as": "p1"})
        for _ in range(self.r.choice([0, 0, 3, 10])):
            self.ops.append({"op": "create", "map": self.varied(dict(map_)), "as": "x", **inner})
        self.ops.append({"op": "create", "map": map_, "as": "m", **inner})

    def varied(self, map_):
        for _ in range(self.r.choice([1, 1, 2])):
            field = self.r.choice(["key_size", "value_size", "max_entries", "flags", "flags", "map_extra"])
            if field == "flags":
                map_["flags"] ^= 1 << self.r.randrange(20)
            elif field == "max_entries":
                map_[field] = self.r.choice(ENTRIES)
            elif field == "map_extra":
                map_[field] = self.r.choice([1, 15, 16, 4096, 5000])
            else:
                map_[field] = self.r.choice(SIZES)
        if map_["key_size"] * map_["max_entries"] + map_["value_size"] * map_["max_entries"] > 1 << 24:
            map_["max_entries"] = 1
        return map_

    def key(self):
        if self.type == "lpm_trie":
            bits = (self.key_size - 4) * 8
            data = bytes(self.r.choice([0, 0x80, 0xFF]) for _ in range(self.key_size - 4))
            return (struct.pack("<I", self.r.choice([0, 1, 7, 8, bits, bits, bits + 1])) + data).hex()
        if self.key_size == 0:
            return None
        number = self.r.choice([0, 0xFFFFFFFF, self.r.randrange(max(2, int(self.entries * 1.6))), self.r.randrange(3)])
        return struct.pack("<I", number).ljust(16, b"\0")[: self.key_size].hex()

    def one_value(self):
        if self.type.endswith("of_maps"):
            return f"@t{self.r.randrange(len(TEMPLATES) + 1)}"
        if self.type == "prog_array":
            return self.r.choice(["@p0", "@p1", "@m", "@nothing"])
        words = {"devmap": [0, 1, 1, 1, 99], "devmap_hash": [0, 1, 1, 1, 99], "cpumap": [0, 1, 64, 16384, 16385]}
        fds = [0, 999, 0x80000000]
        is_socket = self.type in ("xskmap", "sockmap", "sockhash", "reuseport_sockarray", "perf_event_array", "cgroup_array")
        first = self.r.choice(words.get(self.type) or (fds if is_socket else [1, 2, 3, 0xDEAD]))
        second = self.r.choice([0, 0, 0, 1, 0xFFFFFFFF] if is_socket or self.type in words else [0, 7])
        return struct.pack("<II", first, second).ljust(64, b"\5")[: self.value_size].hex()

    def value(self):
        return [self.one_value(), self.one_value()] if self.percpu else self.one_value()

    def step(self):
        r = self.r.random()
        if r < 0.4:
            return {"op": "update", "key": self.key(), "value": self.value(), "flags": self.r.choice([0, 0, 0, 0, 1, 2, 3, 4, 8])}
        if r < 0.55:
            asked = {"value_in": self.one_value()} if self.type == "bloom_filter" else {}
            return {"op": "lookup", "key": self.key(), "flags": self.r.choice([0, 0, 0, 0, 4, 1]), **asked}
        if r < 0.65:
            return {"op": "delete", "key": self.key()}
        if r < 0.7:
            return {"op": "lookup_and_delete", "key": self.key(), "flags": self.r.choice([0, 0, 0, 4, 1])}
        if r < 0.8:
            return {"op": "next_key", "key": self.r.choice([self.key(), self.key(), None])}
        if r < 0.81:
            return {"op": "freeze"} if self.r.random() < 0.3 else {"op": "info"}
        return self.batch()

    def batch(self):
        count = self.r.choice([0, 1, 2, 3, 5, 30])
        odd = {"elem_flags": self.r.choice([1, 4]), "flags": self.r.choice([0, 1])} if self.r.random() < 0.1 else {}
        if self.r.random() < 0.45:
            op = self.r.choice(["lookup_batch", "lookup_and_delete_batch"])
            return {"op": op, "count": count, "continues": self.r.random() < 0.5, **odd}
        keys = [self.key() or "" for _ in range(count)]
        if self.r.random() < 0.3:
            return {"op": "delete_batch", "count": count, "keys_in": keys, **odd}
        return {"op": "update_batch", "count": count, "keys_in": keys, "values_in": [self.value() for _ in keys], **odd}

    def record(self, number):
        self.creation()
        steps = self.r.choice([5, 25, 60])
        self.ops += [{**self.step(), "map": "m"} for _ in range(steps)]
        return {"id": f"walk-{number}", "kind": "map_ops", "note": f"{self.type}, flags {self.flags}", "ops": self.ops}


def main(seed, records, file, types=",".join(RIGHT)):
    r = random.Random(int(seed))
    with open(file, "w") as out:
        for number in range(int(records)):
            out.write(json.dumps(Walk(r, r.choice(types.split(","))).record(number)) + "\n")


main(*sys.argv[1:])
