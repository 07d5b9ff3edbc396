#!/usr/bin/env python3
"""Records random walks over maps with what the running Linux answers: `record-map-walks.py SEED WALKS TYPES FILE`.

A developer's tool, for root: `tests/fixtures/bpf/map-walks.jsonl.gz` was made with seed 11, 36 walks and the types
lru_hash,lru_percpu_hash,lpm_trie on Linux 6.18 with two CPUs. The form is that of the corpus's map records.
"""
import ctypes
import json
import os
import random
import struct
import sys

TYPES = {"hash": 1, "lru_hash": 9, "lru_percpu_hash": 10, "lpm_trie": 11}
CREATE, LOOKUP, UPDATE, DELETE, NEXT_KEY, LOOKUP_AND_DELETE = 0, 1, 2, 3, 4, 21
SYS_BPF = 321
CPUS = 2
VALUE_SIZE = 8

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    room = ctypes.create_string_buffer(attr, 128)
    answer = libc.syscall(SYS_BPF, command, room, 128)
    return answer if answer >= 0 else -ctypes.get_errno()


def element(command, fd, key, value, flags=0):
    """Answers the result, and what lies at the value afterwards."""
    key_room = ctypes.create_string_buffer(key, len(key)) if key is not None else None
    value_room = ctypes.create_string_buffer(value, len(value)) if value is not None else None
    places = [ctypes.addressof(room) if room is not None else 0 for room in (key_room, value_room)]
    answer = bpf(command, struct.pack("<IIQQQ", fd, 0, *places, flags))
    return answer, value_room.raw if value_room is not None else None


class Walk:
    def __init__(self, random_, name):
        self.random = random_
        self.name = name
        self.is_percpu = name == "lru_percpu_hash"
        self.is_trie = name == "lpm_trie"
        self.key_size = random_.choice([5, 8, 12]) if self.is_trie else 4
        sizes = [2, 5, 20] if self.is_trie else [1, 2, 3, 4, 5, 8, 13, 16, 40, 100, 300]
        self.entries = random_.choice(sizes)
        # BPF_F_NO_PREALLOC, or BPF_F_NO_COMMON_LRU now and then.
        self.flags = 1 if self.is_trie else 2 if name.startswith("lru") and random_.random() < 0.4 else 0
        sizes = (TYPES[name], self.key_size, VALUE_SIZE, self.entries, self.flags)
        self.fd = bpf(CREATE, struct.pack("<IIIII", *sizes))
        if self.fd < 0:
            sys.exit(f"a {name} map is refused: {os.strerror(-self.fd)}")
        keys = ("type", "key_size", "value_size", "max_entries", "flags")
        self.ops = [{"op": "create", "map": dict(zip(keys, (name, *sizes[1:]))), "as": "m", "errno": 0}]

    def key(self):
        if not self.is_trie:
            return struct.pack("<I", self.random.randrange(max(2, int(self.entries * 1.7))))
        bits = (self.key_size - 4) * 8
        prefix = self.random.choice([0, 1, 3, 7, 8, 9, 12, bits, bits, self.random.randrange(bits + 2)])
        data = (self.random.choice([0, 1, 0x80, 0xFF, 0x0A]) for _ in range(self.key_size - 4))
        return struct.pack("<I", prefix) + bytes(data)

    def hex(self, value):
        if not self.is_percpu:
            return value[:VALUE_SIZE].hex()
        return [value[at : at + 8].hex() for at in range(0, CPUS * 8, 8)]

    def note(self, op, answer):
        self.ops.append({**op, "map": "m", "errno": max(-answer, 0)})

    def update(self):
        count = CPUS if self.is_percpu else 1
        value = b"".join(struct.pack("<Q", self.random.randrange(1000)) for _ in range(count))
        key, flags = self.key(), self.random.choice([0, 0, 0, 0, 1, 2])
        answer, _ = element(UPDATE, self.fd, key, value, flags)
        self.note({"op": "update", "key": key.hex(), "value": self.hex(value), "flags": flags}, answer)

    def delete(self):
        key = self.key()
        self.note({"op": "delete", "key": key.hex()}, element(DELETE, self.fd, key, None)[0])

    def lookup(self, command, op):
        key = self.key()
        answer, value = element(command, self.fd, key, bytes(VALUE_SIZE * CPUS))
        found = {"value": self.hex(value)} if answer >= 0 else {}
        self.note({"op": op, "key": key.hex(), "flags": 0, **found}, answer)

    def next_key(self):
        key = self.key() if self.random.random() < 0.7 else None
        answer, following = element(NEXT_KEY, self.fd, key, bytes(self.key_size))
        found = {"next_key": following.hex()} if answer >= 0 else {}
        self.note({"op": "next_key", "key": key and key.hex(), **found}, answer)

    def all_keys(self):
        keys, at = [], None
        while True:
            answer, following = element(NEXT_KEY, self.fd, at, bytes(self.key_size))
            if answer < 0:
                break
            at = following
            keys.append(at.hex())
        self.note({"op": "keys_sorted", "keys": sorted(keys)}, 0)

    def run(self):
        for step in range(self.random.choice([20, 60, 200, 500])):
            which = self.random.random()
            if which < 0.6:
                self.update()
            elif which < 0.75:
                self.delete()
            elif which < 0.9 or self.is_trie:
                self.lookup(LOOKUP, "lookup")
            else:
                self.lookup(LOOKUP_AND_DELETE, "lookup_and_delete")
            if self.is_trie and self.random.random() < 0.3:
                self.next_key()
            if self.random.random() < 0.25 or step % 50 == 49:
                self.all_keys()
        os.close(self.fd)
        return self.ops


def main(seed, walks, types, file):
    # What an LRU map gives up depends on the CPU that asks.
    os.sched_setaffinity(0, {0})
    random_ = random.Random(int(seed))
    with open(file, "w") as out:
        for number in range(int(walks)):
            walk = Walk(random_, random_.choice(types.split(",")))
            note = f"{walk.name} with {walk.entries} entries, flags {walk.flags}"
            record = {"id": f"walk-{number}", "kind": "map_ops", "note": note, "ops": walk.run()}
            out.write(json.dumps(record) + "\n")


main(*sys.argv[1:])
