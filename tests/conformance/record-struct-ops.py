#!/usr/bin/env python3
"""Records what the running Linux answers to tables of functions that programs stand behind: `record-struct-ops.py FILE`.

A developer's tool, for root: `tests/fixtures/bpf/struct-ops-values.jsonl.gz` was made with it on Linux 6.18. The form is that
of `record-links.py`. All tables are for links, and none is linked: so nothing is registered, and nothing stays.
"""
import gzip
import importlib.util
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("record_links", os.path.join(HERE, "record-links.py"))
links = importlib.util.module_from_spec(spec)
spec.loader.exec_module(links)

MAP_CREATE, LOOKUP, UPDATE, DELETE, GET_INFO, BTF_LOAD = 0, 1, 2, 3, 15, 18
LINK_CREATE, MAP_FREEZE = 28, 22
STRUCT_OPS_MAP, STRUCT_OPS_ATTACH, F_LINK = 26, 44, 1 << 13
VALUE_BYTES = 256
INT = bytes.fromhex("9feb010018000000000000001000000010000000050000000100000000000001040000002000000100696e7400")
MEMBERS = dict(ssthresh=0, cong_avoid=1, set_state=2, cwnd_event=3, in_ack_event=4, pkts_acked=5, min_tso_segs=6,
               cong_control=7, undo_cwnd=8, sndbuf_expand=9, init=16, release=17)
OFFSETS = {name: 64 + index * 8 for name, index in MEMBERS.items()} | dict(init=200, release=208)
GET_INFO_AT, NAME, OWNER, LIST, KEY, FLAGS = 64 + 80, 64 + 88, 64 + 104, 64 + 112, 64 + 128, 64 + 132
MANDATORY = ("ssthresh", "undo_cwnd", "cong_avoid")


class Tables(links.Sequence):
    def __init__(self, note):
        super().__init__(note)
        self.buffer("btf", INT)
        self.bpf(BTF_LOAD, {0: "&btf", 16: len(INT)}, "types")
        self.buffer("zero", bytes(4))
        self.buffer("one", struct.pack("<I", 1))

    def table(self, name, flags=0, size=VALUE_BYTES, kind="tcp_congestion_ops"):
        words = {0: STRUCT_OPS_MAP, 4: 4, 8: size, 12: 1, 16: flags, 48: "@types", 60: f"%bpf_struct_ops_{kind}"}
        self.bpf(MAP_CREATE, words, name)

    def progs(self, *names):
        target = "%tcp_congestion_ops"
        for name in names:
            self.prog(name, "struct_ops", MEMBERS[name], target=target)

    def fill(self, name=b"kb_ca", members=MANDATORY, words=None):
        """What the next update takes."""
        value = bytearray(VALUE_BYTES)
        value[NAME : NAME + len(name)] = name
        self.buffer("value", bytes(value))
        self.put("value", {OFFSETS[member]: f"@{member}" for member in members} | (words or {}))

    def update(self, name, key="&zero", flags=0):
        return self.bpf(UPDATE, {0: f"@{name}", 8: key, 16: "&value", 24: flags})

    def look(self, name, members=(), key="&zero"):
        self.buffer("found", bytes(VALUE_BYTES))
        self.bpf(LOOKUP, {0: f"@{name}", 8: key, 16: "&found"})
        is_empty = not any(self.buffers["found"].raw)
        if is_empty:
            members = ()
        self.contents("found", {OFFSETS[member]: f"#{member}" for member in members})

    def delete(self, name, key="&zero"):
        self.bpf(DELETE, {0: f"@{name}", 8: key})


def values():
    s = Tables("tables and the values that they take")
    s.progs(*MEMBERS)
    s.prog("other", "socket_filter")
    s.map("array", 2)

    def tried(words=None, name=b"kb_ca", members=MANDATORY, key="&zero", how=0):
        s.table("m", F_LINK)
        s.fill(name, members, words)
        s.update("m", key, how)
        s.look("m", members)
        s.update("m", key, how)
        s.delete("m")
        s.close("m")

    for members in ((), MANDATORY[:1], MANDATORY[1:], MANDATORY[:2], MANDATORY[::2], ("ssthresh", "undo_cwnd", "cong_control")):
        tried(members=members)
    for name in (b"", b"a b", b"a-b", b"0123456789abcde", b"0123456789abcdef", b"a.b_C", b"\xff", b"reno", b"cubic"):
        tried(name=name)
    for value in (*(1 << bit for bit in range(32)), 3):
        tried({FLAGS: value})
    for at in (0, 4, 8, 60, OWNER, OWNER + 4, LIST, LIST + 12, KEY, GET_INFO_AT, 216, 252, NAME + 8):
        tried({at: 1})
    for fd in ("@none", "@file", "@array", "@other", "@set_state", "@types"):
        tried({OFFSETS["cong_avoid"]: fd})
        tried({OFFSETS["init"]: fd})
    # Only the lower half is looked at.
    tried({OFFSETS["init"] + 4: 1})
    tried({OFFSETS["cong_avoid"] + 4: 7})
    tried(key="&one")
    tried(how=1)
    tried(how=4)
    tried(members=[*MANDATORY, "init", "release", "set_state", "cong_control"])
    for size in (64, 192, 255, 257):
        s.table("m", size=size)
    s.table("m", flags=1 << 15)
    s.table("n", flags=F_LINK)
    s.look("n", key="&one")
    s.delete("n")
    s.table("plain")
    s.delete("plain")
    s.delete("plain", key="&one")
    s.bpf(MAP_FREEZE, {0: "@n"})
    s.buffer("info", bytes(88))
    s.bpf(GET_INFO, {0: "@n", 4: 88, 8: "&info"})
    s.contents("info", {4: "#n", 44: "%bpf_struct_ops_tcp_congestion_ops"}, (64, 76))
    # None of these is ready to be linked.
    for name in ("n", "plain", "array", "none", "file", "other"):
        s.bpf(LINK_CREATE, {0: f"@{name}", 4: "@none", 8: STRUCT_OPS_ATTACH, 12: 3}, "l")
    return s.done()


def main(file):
    os.sched_setaffinity(0, {0})
    with gzip.open(file, "wt") as out:
        out.write(json.dumps(values()) + "\n")


main(sys.argv[1])
