#!/usr/bin/env python3
"""Records random programs, loaded with few capabilities, with what the running Linux answers: `record-capped-programs.py SEED TRIES FILE`.

A developer's tool, for root: `tests/fixtures/bpf/capped.jsonl.gz` was made with seed 2 and 4000 tries on Linux 6.18, with
kernel.unprivileged_bpf_disabled=0. Of programs with the same answer three are kept, of accepted ones as many as have a
barrier or a masked distance. The form is that of the corpus, with the whole log and the rewritten instructions.
"""
import collections
import ctypes
import gzip
import json
import os
import random
import re
import struct
import sys

SYS_BPF, MAP_CREATE, PROG_LOAD, OBJ_GET_INFO_BY_FD = 321, 0, 5, 15
PROG_TYPES = {"socket_filter": 1, "xdp": 6, "cgroup_skb": 8}
CAPS = {"net_admin": 12, "perfmon": 38, "bpf": 39}
LOADS = [
    ("xdp", ["bpf", "net_admin"]),
    ("socket_filter", ["bpf"]),
    ("socket_filter", []),
    ("cgroup_skb", []),
    ("socket_filter", ["bpf", "perfmon"]),
]
MAPS = [("array", 2, 4, 8, 4), ("hash", 1, 4, 16, 8), ("array", 2, 4, 48, 1)]
NOSPEC = "c000000000000000"

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    room = ctypes.create_string_buffer(attr, len(attr))
    answer = libc.syscall(SYS_BPF, command, room, len(attr))
    return answer if answer >= 0 else -ctypes.get_errno()


def set_effective(names):
    """None: all that are permitted."""
    header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0), 8)
    data = ctypes.create_string_buffer(24)
    libc.capget(header, data)
    words = list(struct.unpack("<6I", data.raw))
    wanted = words[1] | words[4] << 32 if names is None else sum(1 << CAPS[name] for name in names)
    words[0], words[3] = wanted & 0xFFFFFFFF, wanted >> 32
    libc.capset(header, ctypes.create_string_buffer(struct.pack("<6I", *words), 24))


def load(prog_type, insns, caps, flags):
    code = ctypes.create_string_buffer(insns, len(insns))
    license_ = ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(1 << 22)
    places = (ctypes.addressof(code), ctypes.addressof(license_))
    log_fields = (2, len(log), ctypes.addressof(log))
    attr = struct.pack("<IIQQIIQII", PROG_TYPES[prog_type], len(insns) // 8, *places, *log_fields, 0, flags)
    set_effective(caps)
    answer = bpf(PROG_LOAD, attr)
    set_effective(None)
    return answer, log.value.decode()


def xlated(fd):
    room = ctypes.create_string_buffer(1 << 16)
    info = bytearray(240)
    struct.pack_into("<I", info, 20, len(room))
    struct.pack_into("<Q", info, 32, ctypes.addressof(room))
    buffer = ctypes.create_string_buffer(bytes(info), len(info))
    bpf(OBJ_GET_INFO_BY_FD, struct.pack("<IIQ", fd, len(info), ctypes.addressof(buffer)))
    return room.raw[: struct.unpack_from("<I", buffer, 20)[0]]


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, off, imm)


class Draft:
    """One random program: pointers of all kinds, moved, compared and stored."""

    def __init__(self, random_, prog_type):
        self.random = random_
        self.code = []
        self.emit(0xBF, 6, 1)
        self.emit(0x61, 7, 6, 0 if prog_type == "xdp" else self.pick(0, 4, 8, 0x30))
        self.emit(0xB7, 8, imm=self.pick(0, 1, 3, 7))
        self.emit(0xB7, 9)
        self.held = {6: "ctx", 7: "number", 8: "number", 9: "number", 10: "stack"}
        if random_.random() < 0.7:
            self.emit(0x7A, 10, 0, -8, self.pick(0, 1, 5))
        steps = [self.lookup] * 3 + [self.move_pointer] * 2 + [self.bounded_move] * 5 + [self.add_constant, self.mask, self.copy] * 2
        steps += [self.spill] * 2 + [self.store_constant, self.fill, self.access, self.constant, self.stack_pointer]
        steps += [self.jump] * 3 + [self.call]
        for _ in range(random_.randrange(3, 14)):
            self.pick(*steps)()
        self.end = len(self.code)
        if random_.random() < 0.8:
            self.emit(0xB7, 0, imm=self.pick(0, 1))
        self.emit(0x95)

    def pick(self, *choices):
        return self.random.choice(choices)

    def emit(self, *fields, **more):
        self.code.append(insn(*fields, **more))

    def any_dst(self):
        return self.pick(*(reg for reg in self.held if reg != 10))

    def any_src(self):
        return self.pick(*self.held)

    def forget_caller_saved(self):
        self.held = {reg: what for reg, what in self.held.items() if reg > 5}

    def lookup(self):
        if self.random.random() < 0.8:
            self.emit(0x62, 10, 0, -4, self.pick(0, 1, 2))
        self.emit(0x18, 1, 1, 0, self.random.randrange(len(MAPS)))
        self.code.append(insn(0))
        self.emit(0xBF, 2, 10)
        self.emit(0x07, 2, imm=self.pick(-4, -4, -8))
        self.emit(0x85, imm=1)
        self.forget_caller_saved()
        if self.random.random() < 0.1:
            return
        if self.random.random() < 0.5:
            self.emit(0x55, 0, 0, 2)
            self.emit(0xB7, 0)
            self.emit(0x95)
        else:
            self.code.append((0x15, 0, 0, 0))
        self.held[0] = "value"
        if self.random.random() < 0.5:
            self.emit(0xBF, 7, 0)
            self.held[7] = "value"

    def move_pointer(self):
        self.emit(self.pick(0x0F, 0x1F), self.any_dst(), self.any_src())

    def bounded_move(self):
        """By a few bytes within a value, forwards or back."""
        values = [reg for reg, what in self.held.items() if what == "value"]
        if not values:
            return self.lookup()
        base, by = self.pick(*values), self.pick(8, 9)
        self.emit(0xBF, 3, base)
        self.emit(0x71, by, base, self.pick(0, 1))
        self.emit(0x57, by, imm=self.pick(1, 3, 7))
        if self.random.random() < 0.3:
            self.emit(0x07, 3, imm=self.pick(1, 4, 7))
            self.emit(0x1F, 3, by)
        elif self.random.random() < 0.3:
            self.emit(0x0F, by, 3)
            self.emit(0xBF, 3, by)
        else:
            self.emit(0x0F, 3, by)
        self.emit(self.pick(0x71, 0x73), 3, 3)
        return None

    def add_constant(self):
        self.emit(self.pick(0x07, 0x17), self.any_dst(), imm=self.pick(0, 1, 4, 8, -1, -4, 16, 47, 100))

    def mask(self):
        self.emit(self.pick(0x57, 0x54, 0x77, 0x67, 0xC7, 0x47), self.any_dst(), imm=self.pick(1, 3, 7, 15, 31))

    def copy(self):
        dst, src = self.any_dst(), self.any_src()
        self.emit(0xBF, dst, src)
        self.held[dst] = self.held[src]

    def spill(self):
        self.emit(self.pick(0x7B, 0x63, 0x6B, 0x73), 10, self.any_src(), self.pick(-8, -16, -24, -4, -12))

    def store_constant(self):
        self.emit(self.pick(0x7A, 0x62), 10, 0, self.pick(-8, -16, -24, -4), self.pick(0, 3))

    def fill(self):
        dst = self.any_dst()
        self.emit(self.pick(0x79, 0x61, 0x69, 0x71), dst, 10, self.pick(-8, -16, -24, -4))
        self.held[dst] = "number"

    def access(self):
        values = [reg for reg, what in self.held.items() if what == "value"]
        base = self.pick(*(values or [self.any_dst()]))
        if self.random.random() < 0.5:
            self.emit(self.pick(0x71, 0x61, 0x79), self.any_dst(), base, self.pick(0, 0, 4, 8))
        else:
            self.emit(self.pick(0x73, 0x63, 0x7B), base, self.any_src(), self.pick(0, 0, 4, 8))

    def constant(self):
        dst = self.any_dst()
        self.emit(self.pick(0xB7, 0xB4), dst, imm=self.pick(0, 1, 2, 5, -1, 100))
        self.held[dst] = "number"

    def stack_pointer(self):
        dst = self.any_dst()
        self.emit(0xBF, dst, 10)
        self.held[dst] = "stack"
        self.emit(0x07, dst, imm=self.pick(-8, -16, -1, -511, -513))

    def jump(self):
        op = self.pick(0x15, 0x55, 0x25, 0x2D, 0xA5, 0xAD, 0x65, 0xC5, 0x1D, 0x5D, 0xD5, 0x16, 0x26)
        self.code.append((op, self.any_dst(), self.any_dst(), self.pick(0, 1, 3, 7, 8, 31)))

    def call(self):
        self.emit(0x85, imm=7)
        self.forget_caller_saved()
        self.held[0] = "number"

    def bytes(self):
        done = []
        for at, item in enumerate(self.code):
            if isinstance(item, bytes):
                done.append(item)
                continue
            op, dst, src, imm = item
            target = self.pick(self.end, *(self.random.randrange(at + 1, self.end + 1) for _ in range(2)))
            while self.code[target] == insn(0):
                target -= 1
            target = target if target > at else self.end
            is_reg = op & 8
            done.append(insn(op, dst, src if is_reg else 0, target - at - 1, 0 if is_reg else imm))
        return b"".join(done)


def with_descriptors(insns, fds):
    done = b""
    for at in range(0, len(insns), 8):
        code, regs, off, imm = struct.unpack_from("<BBhi", insns, at)
        is_map = code == 0x18 and regs >> 4 == 1
        done += struct.pack("<BBhi", code, regs, off, fds[imm]) if is_map else insns[at : at + 8]
    return done


def main(seed, tries, file):
    os.sched_setaffinity(0, {0})
    random_ = random.Random(int(seed))
    fds = [bpf(MAP_CREATE, struct.pack("<IIIII", *map_[1:], 0)) for map_ in MAPS]
    maps = [dict(zip(("type", "key_size", "value_size", "max_entries", "flags"), (m[0], *m[2:], 0))) for m in MAPS]
    kept, seen = [], collections.Counter()
    for number in range(int(tries)):
        prog_type, caps = random_.choice(LOADS)
        flags = random_.choice([0, 0, 0, 8])
        insns = Draft(random_, prog_type).bytes()
        answer, log = load(prog_type, with_descriptors(insns, fds), caps, flags)
        code = ""
        if answer >= 0:
            code = xlated(answer).hex()
            os.close(answer)
        lines = [line for line in log.split("\n") if line and not line.startswith("processed")]
        error = None if answer >= 0 else lines[-1] if lines else ""
        kind = re.sub(r"0x[0-9a-f]+|-?\d+", "N", error) if error is not None else "accepted"
        is_guarded = NOSPEC in code or "b40b0000" in code
        seen[kind] += 0 if is_guarded else 1
        if not is_guarded and seen[kind] > 3:
            continue
        log = re.sub(r"(\(18\) r\d = )0x[0-9a-f]{6,}", r"\1MAP", log)
        result = {"ok": answer >= 0, "errno": max(-answer, 0), "error": error, "log": log}
        record = {"id": f"capped-{number}", "kind": "verify", "prog_type": prog_type, "expected_attach_type": None}
        record |= {"insns": insns.hex(), "maps": maps, "license": "GPL", "prog_flags": flags, "caps": caps}
        kept.append(record | {"load": result, "runs": [], "xlated": code})
    with gzip.GzipFile(file, "w", mtime=0) as out:
        out.write("".join(json.dumps(record) + "\n" for record in kept).encode())
    print(len(kept), "of", tries, "kept")


if __name__ == "__main__":
    main(*sys.argv[1:])
