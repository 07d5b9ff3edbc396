#!/usr/bin/env python3
"""Records what the running Linux answers to calls of perf_event_open(2): `record-perf-events.py FILE`.

A developer's tool, for root: `tests/fixtures/bpf/perf-events.jsonl.gz` was made with it on Linux 6.18. Each line is one call on an
attribute block of its own: the words of the block, the other arguments, the errno, and the size that stands in the block then.
"""
import ctypes
import json
import os
import struct
import sys

SYS_PERF_EVENT_OPEN = 298
PAGE_BYTES = 4096
FORMAT = "<IIQQQQQIIQQQQIiQIHHIIQQ"
FIELDS = """type size config period sample_type read_format flags wakeup bp_type config1 config2 branch regs_user stack_user clockid
regs_intr aux_watermark max_stack reserved aux_sample_size aux_action sig_data config3""".split()
SOFTWARE, TRACEPOINT = 1, 2
DUMMY, SCHED_SWITCH = 9, 372

libc = ctypes.CDLL(None, use_errno=True)


def block(**fields):
    values = dict.fromkeys(FIELDS, 0) | dict(type=SOFTWARE, size=136, config=DUMMY) | fields
    return struct.pack(FORMAT, *(values[name] for name in FIELDS))


def calls():
    """Pairs of an attribute block and the other arguments."""
    for kind in (0, 1, 3, 4, 6, 7, 10, 11):
        for config in range(14):
            yield block(type=kind, config=config), {}
    for config in (0, SCHED_SWITCH, 0xFFFF):
        yield block(type=TRACEPOINT, config=config), {}
    for size in (0, 1, 63, 64, 65, 72, 80, 96, 104, 112, 120, 128, 136, 144, 4096, 4097, 8192):
        yield block(size=size), {}
    yield block(size=144) + b"\1" + bytes(7), {}
    yield block(size=64, config3=1), {}
    for flags in (1, 2, 4, 8, 16, 3, 12, 1 << 31):
        yield block(), dict(flags=flags)
    for pid, cpu in ((0, 0), (-1, 0), (-1, -1), (0, 1000), (0, -2), (99999, -1), (-2, 0), (-1, -2), (-1, 1000)):
        for kind, config in ((SOFTWARE, DUMMY), (0, 0)):
            yield block(type=kind, config=config), dict(pid=pid, cpu=cpu)
    for group in (-2, 0, 999):
        yield block(), dict(group=group)
        yield block(type=0), dict(group=group)
    for bit in range(64):
        yield block(flags=1 << bit), {}
        yield block(type=0, config=0, flags=1 << bit), {}
        yield block(sample_type=1 << bit), {}
        yield block(read_format=1 << bit), {}
        yield block(sample_type=1 << 12, regs_user=1 << bit), {}
        yield block(sample_type=1 << 11, branch=1 << bit), {}
        yield block(sample_type=1 << 11, branch=(1 << bit) | 8), {}
    for bit in range(32):
        yield block(aux_action=1 << bit), {}
        yield block(sample_type=1 << 13, stack_user=1 << bit), {}
    for pair in (3, 5, 6, 7):
        yield block(aux_action=pair), {}
    for low in range(38):
        for high in (1, 12, 35, 36, 37):
            yield block(flags=1 << low | 1 << high), {}
    for period in (0, 1, 100000, 100001, 1 << 63, (1 << 63) - 1025):
        for flags in (0, 1 << 10):
            yield block(config=0, period=period, flags=flags), {}
    for sample in (0, 2, 16, 18):
        yield block(flags=2, read_format=8, sample_type=sample), {}
    for clock in range(-2, 14):
        yield block(flags=1 << 25, clockid=clock), {}
        yield block(clockid=clock), {}
    for stack in (0, 1, 127, 128, 65535):
        yield block(max_stack=stack), {}
        yield block(sample_type=1 << 5, max_stack=stack), {}
    yield block(reserved=1), {}
    yield block(aux_watermark=1), {}
    yield block(aux_sample_size=1), {}
    yield block(sig_data=1), {}
    for weight in (1 << 14 | 1 << 24, 1 << 14, 1 << 24):
        yield block(sample_type=weight), {}


def answer(words, arguments):
    room = ctypes.create_string_buffer(words, 3 * PAGE_BYTES)
    given = dict(pid=0, cpu=-1, group=-1, flags=0) | arguments
    ctypes.set_errno(0)
    fd = libc.syscall(SYS_PERF_EVENT_OPEN, room, given["pid"], given["cpu"], given["group"], ctypes.c_ulong(given["flags"]))
    errno = ctypes.get_errno() if fd < 0 else 0
    if fd >= 0:
        os.close(fd)
    size = struct.unpack_from("<I", room.raw, 4)[0]
    told = words.rstrip(b"\0").hex()
    return dict(attr=told, **given, errno=errno, size=size)


if __name__ == "__main__":
    with open(sys.argv[1], "w") as lines:
        for words, arguments in calls():
            lines.write(json.dumps(answer(words, arguments), separators=(",", ":")) + "\n")
