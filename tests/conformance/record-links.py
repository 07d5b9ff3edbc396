#!/usr/bin/env python3
"""Records what the running Linux answers to calls of bpf(2) that attach programs: `record-links.py FILE`.

A developer's tool, for root: `tests/fixtures/bpf/links.jsonl.gz` was made with it on Linux 6.18. Each line is a sequence of steps
on objects of its own. Words of the attribute block are numbers, `@name` for a descriptor, `#name` for an object's number and
`&name` for the address of a buffer, `%name` for the number of a type of the kernel: a function, or a tracepoint; `@none` is no descriptor, `@file` one of a file and `@netns` one of a network namespace.
"""
import ctypes
import errno
import itertools
import json
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "linux-bpf"))
import kernel_btf

SYS_BPF = 321
ATTR_BYTES = 168
MAP_CREATE, PROG_LOAD, PROG_ATTACH, PROG_DETACH, GET_INFO, PROG_QUERY = 0, 5, 8, 9, 15, 16
RAW_TRACEPOINT_OPEN, TASK_FD_QUERY, LINK_CREATE, LINK_UPDATE = 17, 20, 28, 29
LINK_GET_FD_BY_ID, ENABLE_STATS, ITER_CREATE, LINK_DETACH, PROG_BIND_MAP = 30, 32, 33, 34, 35
TOKEN_CREATE, PROG_STREAM_READ = 36, 37
NONE = 9999

libc = ctypes.CDLL(None, use_errno=True)

TYPES = dict(
    socket_filter=1, kprobe=2, sched_cls=3, sched_act=4, tracepoint=5, xdp=6, perf_event=7, cgroup_skb=8, cgroup_sock=9,
    lwt_in=10, sock_ops=13, sk_skb=14, cgroup_device=15, sk_msg=16, raw_tracepoint=17, cgroup_sock_addr=18,
    sk_reuseport=21, flow_dissector=22, cgroup_sysctl=23, raw_tracepoint_writable=24, cgroup_sockopt=25, sk_lookup=30,
    syscall=31, netfilter=32,
)


# They are loaded for something that is named.
TYPES_WITH_TARGET = dict(tracing=26, struct_ops=27)


def kernel_type(name):
    """By its name, a function before a type."""
    kinds = (kernel_btf.FUNC, kernel_btf.TYPEDEF, kernel_btf.STRUCT)
    found = [number for number, type_ in enumerate(kernel_btf.types()) if type_.name == name and type_.kind in kinds]
    return found[0]


def elements(registers):
    """Prints `registers` bytes of each key and value, and `end` when there are no more."""
    ins = lambda code, dst=0, src=0, off=0, imm=0: struct.pack("<BBhi", code, src << 4 | dst, off, imm)
    key_bytes, value_bytes = registers
    code = [
        ins(0x79, 7, 1, 16), ins(0x79, 8, 1, 24), ins(0x79, 6, 1, 0), ins(0x79, 9, 6, 0),
        # Without an element: the number of the object that it would be.
        ins(0x15, 7, 0, 9), ins(0x15, 8, 0, 8),
        ins(0xBF, 1, 9), ins(0xBF, 2, 7), ins(0xB7, 3, 0, 0, key_bytes), ins(0x85, 0, 0, 0, 127),
        ins(0xBF, 1, 9), ins(0xBF, 2, 8), ins(0xB7, 3, 0, 0, value_bytes), ins(0x05, 0, 0, 6),
        ins(0x79, 1, 6, 16), ins(0x7B, 10, 1, -8), ins(0xBF, 1, 9), ins(0xBF, 2, 10), ins(0x07, 2, 0, 0, -8),
        ins(0xB7, 3, 0, 0, 8), ins(0x85, 0, 0, 0, 127), ins(0xB7, 0), ins(0x95),
    ]
    return b"".join(code)


def insns(answer, reads=None):
    """`r0 = answer; exit`, after a read of 8 bytes of the context if wanted."""
    read = b"" if reads is None else struct.pack("<BBhi", 0x79, 0x12, reads, 0)
    return read + struct.pack("<BBhi", 0xB7, 0, 0, answer) + struct.pack("<BBhi", 0x95, 0, 0, 0)


class Sequence:
    def __init__(self, note):
        self.note = note
        self.steps = []
        self.fds = {"none": NONE, "file": os.open("/dev/null", os.O_RDONLY)}
        self.fds["netns"] = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.buffers = {}

    def value(self, word):
        if not isinstance(word, str):
            return word
        name = word[1:]
        if word[0] == "%":
            return kernel_type(name)
        if word[0] == "@":
            return self.fds[name]
        if word[0] == "&":
            return ctypes.addressof(self.buffers[name])
        return self.number_of(name)

    def number_of(self, name):
        info = ctypes.create_string_buffer(256)
        is_map = self.call(GET_INFO, {0: self.fds[name], 4: 80, 8: ctypes.addressof(info)})[0] >= 0
        assert is_map, name
        return struct.unpack_from("<I", info, 4)[0]

    def call(self, command, words):
        """Words above 2^32 and addresses take 8 bytes."""
        room = ctypes.create_string_buffer(ATTR_BYTES)
        for at, word in words.items():
            value = self.value(word)
            is_wide = isinstance(word, str) and word[0] == "&" or value >= 1 << 32
            struct.pack_into("<Q" if is_wide else "<I", room, int(at), value & (1 << 64) - 1 if is_wide else value & 0xFFFFFFFF)
        answer = libc.syscall(SYS_BPF, command, room, ATTR_BYTES)
        return (answer if answer >= 0 else -ctypes.get_errno()), room

    def buffer(self, name, data):
        self.buffers[name] = ctypes.create_string_buffer(data, len(data))
        self.steps.append({"buffer": name, "bytes": data.hex()})

    def put(self, name, words):
        """Puts numbers of 4 bytes into a buffer."""
        for at, word in words.items():
            struct.pack_into("<I", self.buffers[name], int(at), self.value(word))
        self.steps.append({"put": name, "words": words})

    def contents(self, name, words=None, ignored=()):
        """What is in a buffer, and where in it numbers of objects are."""
        raw = bytearray(self.buffers[name].raw)
        for at, word in (words or {}).items():
            assert struct.unpack_from("<I", raw, at)[0] == self.value(word), (name, at, word, raw.hex())
        for at in (*(words or {}), *ignored):
            raw[at : at + 4] = bytes(4)
        self.steps.append({"contents": name, "words": words or {}, "ignored": list(ignored), "bytes": raw.hex()})

    def bpf(self, command, words, name=None, out=(), buffers=()):
        """`out`: words of the block that are kept as they are afterwards; `buffers`: the same of buffers."""
        answer, room = self.call(command, words)
        step = {"bpf": command, "words": words, "errno": max(-answer, 0)}
        if name is not None:
            step["as"] = name
            if answer >= 0:
                self.fds[name] = answer
        if out:
            step["out"] = {at: self.named(struct.unpack_from("<I", room, at)[0]) for at in out}
        if buffers:
            step["buffers"] = {each: self.buffers[each].raw.hex() for each in buffers}
        self.steps.append(step)
        return answer

    def named(self, value):
        """A number, or the object whose number it is."""
        for name in self.fds:
            if name in ("none", "file", "netns") or value < 3:
                continue
            info = ctypes.create_string_buffer(256)
            if self.call(GET_INFO, {0: self.fds[name], 4: 80, 8: ctypes.addressof(info)})[0] >= 0:
                if struct.unpack_from("<I", info, 4)[0] == value:
                    return f"#{name}"
        return value

    def prog(self, name, type_name, attach_type=0, answer=None, reads=None, flags=0, target=0):
        code = answer if isinstance(answer, bytes) else insns(answer or 0, reads)
        self.buffer("code", code)
        self.buffer("license", b"GPL\0")
        words = {0: {**TYPES, **TYPES_WITH_TARGET}[type_name], 4: len(code) // 8, 8: "&code", 16: "&license", 44: flags, 68: attach_type, 108: target}
        return self.bpf(PROG_LOAD, words, name)

    def map(self, name, type_number, key=4, value=4, entries=4, flags=0):
        return self.bpf(MAP_CREATE, {0: type_number, 4: key, 8: value, 12: entries, 16: flags}, name)

    def close(self, name):
        os.close(self.fds.pop(name))
        self.steps.append({"close": name})

    def link_info(self, name, patches=None, names=()):
        """The info of a link into whose room `patches` was put: 4 bytes at each place, an address 8."""
        room = bytearray(64)
        for at, word in (patches or {}).items():
            is_wide = isinstance(word, str)
            struct.pack_into("<Q" if is_wide else "<I", room, at, self.value(word))
        self.buffers["info"] = ctypes.create_string_buffer(bytes(room), 64)
        answer, _ = self.call(GET_INFO, {0: f"@{name}", 4: 64, 8: "&info"})
        step = {"info": name, "patches": patches or {}, "errno": max(-answer, 0)}
        if answer >= 0:
            raw = bytearray(self.buffers["info"].raw)
            raw[4:12] = bytes(8)
            # Addresses that were put in come back.
            for at, word in (patches or {}).items():
                if isinstance(word, str):
                    raw[at : at + 8] = bytes(8)
            if raw[0] == 14:
                # The number of a map.
                step["id"] = self.named(struct.unpack_from("<I", raw, 16)[0])
                raw[16:20] = bytes(4)
            if raw[0] == 4 and raw[28]:
                # That of a map.
                step["id"] = self.named(struct.unpack_from("<I", raw, 28)[0])
                raw[28:32] = bytes(4)
            if raw[0] == 2:
                # Numbers of types.
                raw[20:28] = bytes(8)
            step["bytes"] = raw.hex()
        if names:
            step["buffers"] = {each: self.buffers[each].raw.hex() for each in names}
        self.steps.append(step)

    def fdinfo(self, name):
        text = open(f"/proc/self/fdinfo/{self.fds[name]}").read()
        own = re.sub(r"^(pos|flags|mnt_id|ino):.*\n", "", text, flags=re.M)
        own = re.sub(r"^(link_id|prog_id|map_id):\t([1-9]\d*)$", lambda m: f"{m[1]}:\t{self.named(int(m[2]))}", own, flags=re.M)
        own = re.sub(r"^(target_obj_id|target_btf_id):\t\d+$", r"\1:\t?", own, flags=re.M)
        self.steps.append({"fdinfo": name, "text": own})

    def done(self):
        for fd in self.fds.values():
            if fd != NONE:
                os.close(fd)
        return {"note": self.note, "steps": self.steps}


def raw_tracepoint():
    s = Sequence("a raw tracepoint is opened, looked at, and let go")
    s.prog("p", "raw_tracepoint")
    s.prog("q", "raw_tracepoint", answer=1)
    s.prog("wide", "raw_tracepoint", reads=32)
    s.prog("writable", "raw_tracepoint_writable")
    s.prog("x", "xdp")
    s.map("m", 2)
    s.buffer("name", b"sched_switch\0")
    s.buffer("short", b"sys_enter\0")
    s.buffer("unknown", b"no_such_tracepoint\0")
    s.buffer("empty", b"\0")
    s.buffer("long", b"s" * 200 + b"\0")
    for fd in ("none", "file", "m", "x"):
        s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: f"@{fd}"})
    for name in ("unknown", "empty", "long"):
        s.bpf(RAW_TRACEPOINT_OPEN, {0: f"&{name}", 8: "@p"})
    s.bpf(RAW_TRACEPOINT_OPEN, {0: 0, 8: "@p"})
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: "@p", 24: 1})
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&short", 8: "@wide"})
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: "@wide"})
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: "@writable"}, "w")
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: "@p", 16: 0x1234567890}, "l")
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: "@p"}, "again")
    s.fdinfo("l")
    s.fdinfo("w")
    s.buffer("room", bytes(32))
    s.link_info("l")
    s.link_info("l", {24: 8})
    s.link_info("l", {16: "&room"})
    s.link_info("l", {16: "&room", 24: 5}, ["room"])
    s.link_info("l", {16: "&room", 24: 13}, ["room"])
    s.link_info("l", {16: "&room", 24: 1}, ["room"])
    s.link_info("l", {16: "&room", 24: 32}, ["room"])
    for flags, new, old in itertools.product((0, 4, 1), ("none", "file", "q", "x"), (0, "@p", "@q", "@none")):
        s.bpf(LINK_UPDATE, {0: "@l", 4: f"@{new}", 8: flags, 12: old})
    for fd in ("none", "file", "p", "m"):
        s.bpf(LINK_UPDATE, {0: f"@{fd}", 4: "@q"})
        s.bpf(LINK_DETACH, {0: f"@{fd}"})
        s.bpf(ITER_CREATE, {0: f"@{fd}"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@q", 16: 1})
    s.bpf(LINK_DETACH, {0: "@l"})
    s.bpf(LINK_DETACH, {0: "@l", 4: 1})
    s.bpf(ITER_CREATE, {0: "@l"})
    s.bpf(ITER_CREATE, {0: "@l", 4: 1})
    s.bpf(LINK_GET_FD_BY_ID, {0: 0})
    s.bpf(LINK_GET_FD_BY_ID, {0: "#l", 4: 1})
    s.bpf(LINK_GET_FD_BY_ID, {0: "#l"}, "second")
    s.fdinfo("second")
    s.bpf(LINK_GET_FD_BY_ID, {0: 0x7FFFFFF0})
    pid = os.getpid()
    for length, where in ((0, 0), (4, 0), (0, "&room"), (4, "&room"), (12, "&room"), (32, "&room")):
        s.buffer("room", b"\xff" * 32)
        words = {0: "pid", 4: "@l", 12: length, 16: where, 24: 77}
        answer, block = s.call(TASK_FD_QUERY, {**words, 0: pid})
        out = {at: s.named(struct.unpack_from("<I", block, at)[0]) for at in (12, 24, 28, 32, 40)}
        s.steps.append({"bpf": TASK_FD_QUERY, "words": words, "errno": max(-answer, 0), "out": out,
                        "buffers": {"room": s.buffers["room"].raw.hex()}})
    for fd in ("none", "file", "p", "m"):
        answer, _ = s.call(TASK_FD_QUERY, {0: pid, 4: f"@{fd}"})
        s.steps.append({"bpf": TASK_FD_QUERY, "words": {0: "pid", 4: f"@{fd}"}, "errno": max(-answer, 0)})
    s.bpf(TASK_FD_QUERY, {0: 0x7FFFFFF0, 4: "@l"})
    s.bpf(TASK_FD_QUERY, {0: 0x7FFFFFF0, 4: "@l", 8: 1})
    return s.done()


def programs(s):
    """One of each type, of some for several attach types."""
    s.prog("none_", "socket_filter")
    named = []
    for type_name in TYPES:
        attach_types = {"cgroup_sock": (2, 34, 12), "cgroup_sock_addr": (8, 10, 29), "cgroup_skb": (0, 1), "cgroup_sockopt": (21, 22),
                        "sk_lookup": (36,), "sk_reuseport": (39,), "netfilter": (45,), "kprobe": (0, 42, 48, 56, 57),
                        "xdp": (0, 33, 35, 37), "sched_cls": (0, 46)}.get(type_name, (0,))
        for attach_type in attach_types:
            name = f"{type_name}_{attach_type}"
            answer = 1 if attach_type == 29 else 0
            flags = 16 if type_name == "syscall" else 0
            if s.prog(name, type_name, attach_type, answer, flags=flags) >= 0:
                named.append(name)
    return named


def matrix(note, command, rows):
    s = Sequence(note)
    s.map("m", 2)
    s.map("sockmap", 15)
    s.map("sockhash", 18)
    for words in rows(programs(s)):
        answer, _ = s.call(command, words)
        if answer >= 0:
            # What works is for other sequences.
            if command in (LINK_CREATE,):
                os.close(answer)
            else:
                print("works:", command, words, file=sys.stderr)
            continue
        # The recording kernel is built without probes of many functions.
        if command == LINK_CREATE and answer == -errno.EOPNOTSUPP and words[8] in (42, 56):
            continue
        s.steps.append({"bpf": command, "words": words, "errno": -answer})
    return s.done()


ATTACH_TYPES = range(60)


def link_creates(progs):
    for name, attach_type in itertools.product(progs, ATTACH_TYPES):
        for target, flags in (("@none", 0), ("@file", 0), ("@none", 1), ("@none", 8), ("@none", 1 << 13), ("@none", 1 << 20), ("@m", 0)):
            yield {0: f"@{name}", 4: target, 8: attach_type, 12: flags}
    for fd, attach_type in itertools.product(("none", "file", "m", "sockmap"), (0, 23, 37, 41, 44, 46, 59, 1000)):
        yield {0: f"@{fd}", 4: "@none", 8: attach_type}
    yield {0: "@xdp_37", 4: "@none", 8: 37, 60: 1}
    for family, hook, priority, flags in itertools.product(
        (0, 1, 2, 10, 7), (0, 4, 5), (0, 1, 0x80000000, 0x7FFFFFFF, 0x80000001, -400, -399), (0, 1, 2)
    ):
        yield {0: "@netfilter_45", 4: 0, 8: 45, 16: family, 20: hook, 24: priority & 0xFFFFFFFF, 28: flags}


def attaches(progs):
    flags = (0, 1, 2, 4, 8, 16, 32, 64, 128, 1 << 13, 1 << 20, 6)
    for name, attach_type in itertools.product(progs, ATTACH_TYPES):
        for each in flags if name.endswith(("_0", "_46")) and attach_type in (0, 7, 17, 27, 38, 46, 54) else (0, 128):
            yield {0: "@none", 4: f"@{name}", 8: attach_type, 12: each}
    for fd, attach_type in itertools.product(("none", "file", "m"), (0, 7, 17, 27, 37, 41, 46, 54)):
        yield {0: "@none", 4: f"@{fd}", 8: attach_type}
    for name, attach_type in (("cgroup_skb_0", 0), ("sk_msg_0", 7), ("flow_dissector_0", 17), ("sched_cls_0", 46), ("sched_cls_0", 54)):
        for at in (16, 20, 24, 28):
            yield {0: "@none", 4: f"@{name}", 8: attach_type, at: 1}
            yield {0: 0, 4: f"@{name}", 8: attach_type, at: "@file"}
        yield {0: "@none", 4: f"@{name}", 8: attach_type, 12: 4, 16: "@file"}
        yield {0: "@none", 4: f"@{name}", 8: attach_type, 32: 1}
    for fd in ("file", "m", "none"):
        yield {0: f"@{fd}", 4: "@sk_msg_0", 8: 7}
        yield {0: f"@{fd}", 4: "@sk_skb_0", 8: 5}
    yield {0: "@sockmap", 4: "@sk_msg_0", 8: 7, 12: 1}
    yield {0: "@sockmap", 4: "@sk_msg_0", 8: 7, 16: 1}
    yield {0: 1, 4: "@flow_dissector_0", 8: 17}


def detaches(progs):
    some = ("none", "file", "cgroup_skb_0", "sk_msg_0", "flow_dissector_0", "sched_cls_0", "xdp_0")
    for fd, attach_type in itertools.product(some, ATTACH_TYPES):
        for target, flags, at in (("@none", 0, 16), ("@file", 0, 16), ("@sockmap", 0, 16), ("@none", 4, 16), ("@none", 8, 16), (0, 0, 16)):
            yield {0: target, 4: f"@{fd}", 8: attach_type, 12: flags}
        for at in (16, 20, 24):
            yield {0: "@none", 4: f"@{fd}", 8: attach_type, at: 1}
    for attach_type in ATTACH_TYPES:
        yield {0: "@none", 8: attach_type}
        yield {0: "@none", 8: attach_type, 32: 1}


def queries(progs):
    for attach_type, flags in itertools.product(ATTACH_TYPES, (0, 1, 2)):
        for target in ("@none", "@file", "@m", 0):
            yield {0: target, 4: attach_type, 8: flags}
        yield {0: "@none", 4: attach_type, 8: flags, 64: 1}
        yield {0: "@none", 4: attach_type, 8: flags, 12: 1}


def sock_maps():
    s = Sequence("programs hang on maps of sockets, with links and without")
    s.map("m", 15)
    s.map("h", 18)
    for name in "pq":
        s.prog(name, "sk_msg", answer=ord(name))
        s.prog(f"skb_{name}", "sk_skb", answer=ord(name))
    s.prog("x", "xdp")
    s.buffer("ids", bytes(16))

    def query(attach_type, count=4):
        s.bpf(PROG_QUERY, {0: "@m", 4: attach_type, 12: 7, 16: "&ids", 24: count}, out=(12, 24))

    query(7)
    s.bpf(PROG_ATTACH, {0: "@m", 4: "@p", 8: 7})
    query(7)
    query(7, 0)
    query(4)
    s.bpf(PROG_ATTACH, {0: "@m", 4: "@q", 8: 7})
    query(7)
    s.bpf(PROG_DETACH, {0: "@m", 4: "@p", 8: 7})
    s.bpf(PROG_DETACH, {0: "@m", 4: "@x", 8: 7})
    s.bpf(PROG_DETACH, {0: "@m", 4: "@q", 8: 7})
    s.bpf(PROG_DETACH, {0: "@m", 4: "@q", 8: 7})
    query(7)
    for attach_type in (4, 5, 38):
        s.bpf(PROG_ATTACH, {0: "@m", 4: "@skb_p", 8: attach_type})
        query(attach_type)
    s.bpf(PROG_DETACH, {0: "@m", 4: "@skb_p", 8: 38})
    s.bpf(PROG_DETACH, {0: "@m", 4: "@skb_p", 8: 5})
    s.bpf(PROG_ATTACH, {0: "@m", 4: "@skb_p", 8: 38})
    query(38)
    query(5)
    s.bpf(LINK_CREATE, {0: "@p", 4: "@m", 8: 7, 12: 1})
    s.bpf(LINK_CREATE, {0: "@p", 4: "@x", 8: 7})
    s.bpf(LINK_CREATE, {0: "@x", 4: "@m", 8: 7})
    s.bpf(LINK_CREATE, {0: "@p", 4: "@m", 8: 7}, "l")
    s.fdinfo("l")
    s.link_info("l")
    query(7)
    s.bpf(LINK_CREATE, {0: "@q", 4: "@m", 8: 7})
    s.bpf(PROG_ATTACH, {0: "@m", 4: "@q", 8: 7})
    s.bpf(PROG_DETACH, {0: "@m", 4: "@p", 8: 7})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@skb_p"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@q", 8: 4, 12: "@q"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@q", 8: 4, 12: "@p"})
    s.fdinfo("l")
    query(7)
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@p"})
    query(7)
    s.bpf(LINK_DETACH, {0: "@l"})
    s.bpf(LINK_DETACH, {0: "@l"})
    s.fdinfo("l")
    s.link_info("l")
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@q"})
    query(7)
    s.bpf(LINK_CREATE, {0: "@skb_q", 4: "@h", 8: 5}, "k")
    s.fdinfo("k")
    s.close("k")
    s.bpf(PROG_ATTACH, {0: "@h", 4: "@skb_q", 8: 5})
    s.bpf(PROG_QUERY, {0: "@h", 4: 5, 24: 1, 16: "&ids"}, out=(24,), buffers=())
    return s.done()


RAW_TP, ITER = 23, 28


def tracing():
    """Functions cannot be traced on the recording kernel."""
    s = Sequence("a program is attached to the tracepoint that it was loaded for")
    s.prog("tp", "tracing", RAW_TP, target="%btf_trace_sched_process_exit")
    s.prog("x", "xdp")
    s.buffer("name", b"sched_switch\0")
    s.buffer("room", bytes(32))
    s.bpf(RAW_TRACEPOINT_OPEN, {0: "&name", 8: "@tp"})
    s.bpf(RAW_TRACEPOINT_OPEN, {0: 0, 8: "@tp", 16: 5}, "l")
    s.bpf(RAW_TRACEPOINT_OPEN, {0: 0, 8: "@tp"}, "again")
    s.fdinfo("l")
    s.link_info("l")
    s.link_info("again", {16: "&room", 24: 32}, ["room"])
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@tp"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@x", 8: 4, 12: "@tp"})
    s.bpf(LINK_DETACH, {0: "@l"})
    s.bpf(ITER_CREATE, {0: "@l"})
    s.close("l")
    s.bpf(LINK_CREATE, {0: "@tp", 8: RAW_TP, 24: 0x123456789}, "l")
    s.fdinfo("l")
    s.bpf(LINK_CREATE, {0: "@tp", 4: "@none", 8: RAW_TP, 12: 7, 16: 1, 24: 6}, "odd")
    s.fdinfo("odd")
    for attach_type in range(60):
        if attach_type != RAW_TP:
            s.bpf(LINK_CREATE, {0: "@tp", 8: attach_type})
        s.bpf(PROG_ATTACH, {0: "@none", 4: "@tp", 8: attach_type})
    s.bpf(10, {0: "@tp"})
    s.bpf(10, {0: "@tp", 64: 1})
    return s.done()


def iterators():
    s = Sequence("an iterator goes over the elements of a map, in pieces of any size")
    s.map("a", 2, entries=5, value=8)
    s.map("h", 1, entries=8, value=8)
    s.map("big", 2, entries=40, value=2000)
    s.map("percpu", 6)
    s.map("queue", 22, key=0)
    s.buffer("key", struct.pack("<I", 7))
    s.buffer("value", b"seven..." * 300)
    s.bpf(2, {0: "@h", 8: "&key", 16: "&value"})
    s.buffer("key", struct.pack("<I", 3))
    s.bpf(2, {0: "@a", 8: "&key", 16: "&value"})
    s.bpf(2, {0: "@big", 8: "&key", 16: "&value"})
    s.prog("p", "tracing", ITER, elements((4, 8)), target="%bpf_iter_bpf_map_elem")
    s.prog("q", "tracing", ITER, elements((2, 3)), target="%bpf_iter_bpf_map_elem")
    s.prog("wide", "tracing", ITER, elements((4, 2000)), target="%bpf_iter_bpf_map_elem")
    s.prog("again", "tracing", ITER, answer=1, target="%bpf_iter_bpf_map_elem")
    s.prog("task", "tracing", ITER, target="%bpf_iter_task")
    s.prog("map", "tracing", ITER, target="%bpf_iter_bpf_map")
    s.prog("x", "xdp")
    s.buffer("which", bytes(32))
    s.buffer("room", bytes(32))

    def which(name, extra=b""):
        s.buffers["which"] = ctypes.create_string_buffer(struct.pack("<I", s.fds.get(name, 0) if name else 0) + extra + bytes(28 - len(extra)), 32)
        s.steps.append({"which": name, "extra": extra.hex()})

    def create(prog, change, name=None):
        s.bpf(LINK_CREATE, {0: f"@{prog}", 8: ITER, 16: "&which", 24: 16, **change}, name)

    which("a")
    for change in ({4: 1}, {12: 1}, {16: 0}, {24: 0}, {16: 8}, {24: 20}, {24: 17}, {24: 5000}, {8: RAW_TP}):
        create("p", change)
    which("a", bytes(20) + b"\1")
    create("p", {24: 32})
    for name in ("none", "file", "p", "percpu", "queue", None):
        if name != "percpu":
            which(name)
            create("p", {})
    which("a")
    create("wide", {})
    create("p", {}, "l")
    which("h")
    create("p", {24: 4}, "hash")
    which("big")
    create("wide", {}, "bigs")
    which("a")
    create("again", {}, "never")
    for link in ("l", "hash"):
        s.fdinfo(link)
        s.link_info(link)
    s.link_info("l", {16: "&room", 24: 6}, ["room"])
    s.link_info("l", {16: "&room", 24: 32}, ["room"])
    s.bpf(LINK_DETACH, {0: "@l"})
    s.bpf(ITER_CREATE, {0: "@l", 4: 1})
    s.bpf(ITER_CREATE, {0: "@p"})

    def reads(link, sizes):
        s.bpf(ITER_CREATE, {0: f"@{link}"}, "f")
        for size in sizes:
            try:
                step = {"errno": 0, "bytes": os.read(s.fds["f"], size).hex()}
            except OSError as error:
                step = {"errno": error.errno, "bytes": ""}
            s.steps.append({"read": "f", "size": size, **step})
        s.close("f")

    reads("l", (4096, 4096, 4096))
    reads("l", (5, 7, 20, 1, 100, 100))
    reads("l", (12, 12, 24, 12, 100))
    reads("hash", (100, 100))
    reads("bigs", (65536, 65536, 65536, 65536))
    reads("bigs", (1000, 40000, 40000, 40000, 10))
    reads("never", (100, 100))
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@x"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@task"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@q", 8: 4, 12: "@q"})
    s.bpf(LINK_UPDATE, {0: "@l", 4: "@q", 8: 4, 12: "@p"})
    reads("l", (100, 100))
    for extra in (b"\1\0\0\0", b"", b"\0\0\0\0\1"):
        which("x", extra)
        create("task", {})
    which(None)
    create("task", {16: 0, 24: 0}, "tasks")
    s.fdinfo("tasks")
    s.link_info("tasks")
    create("map", {16: 0, 24: 0}, "maps")
    s.fdinfo("maps")
    reads("maps", (100,))
    return s.done()


def other_commands():
    s = Sequence("commands about programs and descriptors check what they are given")
    s.map("m", 2)
    s.prog("p", "xdp")
    s.prog("q", "raw_tracepoint")
    for kind, at in itertools.product((0, 1, 7), (4, 8)):
        s.bpf(ENABLE_STATS, {0: kind, at: 1} if kind == 7 else {0: kind}, "stats")
    s.fdinfo("stats")
    for prog, map_, flags in itertools.product(("none", "file", "m", "p"), ("none", "file", "p", "m"), (0, 1)):
        s.bpf(PROG_BIND_MAP, {0: f"@{prog}", 4: f"@{map_}", 8: flags})
    for fd, flags in itertools.product(("none", "file", "m", "netns"), (0, 1)):
        s.bpf(TOKEN_CREATE, {0: flags, 4: f"@{fd}"})
    s.buffer("room", bytes(16))
    for fd, stream, length in itertools.product(("none", "file", "m", "p"), (0, 1, 2, 3), (0, 16)):
        s.bpf(PROG_STREAM_READ, {0: "&room", 8: length, 12: stream, 16: f"@{fd}"})
    s.bpf(PROG_STREAM_READ, {0: "&room", 8: 1, 12: 1, 16: "@p", 20: 1})
    s.bpf(PROG_QUERY, {0: "@netns", 4: 17, 24: 4}, out=(12, 24))
    s.bpf(PROG_QUERY, {0: "@netns", 4: 36, 24: 4}, out=(12, 24))
    s.bpf(PROG_QUERY, {0: 1, 4: 46}, out=(12, 24, 56))
    s.bpf(PROG_QUERY, {0: 1, 4: 46, 12: 1}, out=(12, 24, 56))
    s.bpf(PROG_DETACH, {0: 1, 8: 46})
    for answer in range(4):
        name = f"egress{answer}"
        s.prog(name, "cgroup_skb", 1, answer=answer)
        for attach_type in (0, 1):
            s.bpf(LINK_CREATE, {0: f"@{name}", 4: "@none", 8: attach_type})
            s.bpf(PROG_ATTACH, {0: "@none", 4: f"@{name}", 8: attach_type})
    return s.done()


def uprobe_multi():
    s = Sequence("what a link of many user probes checks")
    for attach_type in (48, 57):
        s.prog(f"p{attach_type}", "kprobe", attach_type)
    s.buffer("path", b"/proc/self/status\0")
    s.buffer("dir", b"/proc\0")
    s.buffer("missing", b"/no/such/file\0")
    s.buffer("empty", b"\0")
    s.buffer("long", b"x" * 5000 + b"\0")
    s.buffer("offsets", struct.pack("<QQ", 0, 1 << 63))
    s.buffer("zeros", bytes(16))
    base = {0: "@p48", 8: 48, 16: "&path", 24: "&offsets", 48: 2}
    for change in (
        {12: 1}, {52: 1}, {52: 2}, {16: 0}, {24: 0}, {48: 0}, {48: 1 << 20}, {48: (1 << 20) + 1}, {16: "&dir"}, {16: "&missing"},
        {16: "&empty"}, {16: "&long"}, {16: 1}, {24: 8}, {32: 8}, {40: 8}, {56: 0x7FFFFFF0}, {56: 0x7FFFFFF0, 24: 8}, {},
        {0: "@p57", 8: 57}, {0: "@p57"}, {0: "@p48", 8: 57}, {16: "&dir", 56: 0x7FFFFFF0}, {40: "&zeros"}, {32: "&zeros"},
    ):
        s.bpf(LINK_CREATE, {**base, **change})
    return s.done()


def main(file):
    os.sched_setaffinity(0, {0})
    records = [
        raw_tracepoint(),
        matrix("LINK_CREATE of every program with every attach type", LINK_CREATE, link_creates),
        matrix("PROG_ATTACH of every program with every attach type", PROG_ATTACH, attaches),
        matrix("PROG_DETACH of every attach type", PROG_DETACH, detaches),
        matrix("PROG_QUERY of every attach type", PROG_QUERY, queries),
        sock_maps(),
        other_commands(),
        uprobe_multi(),
        tracing(),
        iterators(),
    ]
    with open(file, "w") as out:
        for number, record in enumerate(records):
            out.write(json.dumps({"id": f"link-{number}", **record}) + "\n")
            answers = {}
            for step in record["steps"]:
                if "errno" in step:
                    name = errno.errorcode.get(step["errno"], str(step["errno"]))
                    answers[name] = answers.get(name, 0) + 1
            print(record["note"], len(record["steps"]), answers, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
