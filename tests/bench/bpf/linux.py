#!/usr/bin/env python3
"""Runs benchmark programs in the running kernel: `linux.py FILE`, for root.

Says "ready" once all programs are loaded, with the ids of those. Then every line of input is an id and how
often its program is to run; the answer is how many ns that took by BPF_PROG_TEST_RUN's own clock, which
does not count what it costs to begin.
"""
import ctypes
import json
import os
import struct
import sys

MAP_TYPES = {"hash": 1, "array": 2}
MAP_CREATE, PROG_LOAD, PROG_TEST_RUN = 0, 5, 10
PROG_TYPE_XDP = 6
LD_IMM64, PSEUDO_MAP_FD = 0x18, 1
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    room = ctypes.create_string_buffer(attr, 128)
    answer = libc.syscall(SYS_BPF, command, room, 128)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def with_descriptors(insns, fds):
    code = bytearray.fromhex(insns)
    for at in range(0, len(code), 8):
        if code[at] == LD_IMM64 and code[at + 1] >> 4 == PSEUDO_MAP_FD:
            index = struct.unpack_from("<i", code, at + 4)[0]
            struct.pack_into("<i", code, at + 4, fds[index])
    return bytes(code)


class Program:
    def __init__(self, record):
        fds = [
            bpf(MAP_CREATE, struct.pack("<IIIII", MAP_TYPES[m["type"]], m["key"], m["value"], m["max"], 0))
            for m in record["maps"]
        ]
        code = ctypes.create_string_buffer(with_descriptors(record["insns"], fds))
        count = len(record["insns"]) // 16
        license_ = ctypes.create_string_buffer(b"GPL")
        pointers = (ctypes.addressof(code), ctypes.addressof(license_))
        self.fd = bpf(PROG_LOAD, struct.pack("<IIQQ", PROG_TYPE_XDP, count, *pointers))
        self.packet = ctypes.create_string_buffer(bytes.fromhex(record["input"]["packet"]))
        self.retval = record["expect"]["retval"]
        self.run(1)

    def run(self, repeat):
        """Answers the ns that so many runs took."""
        size = len(self.packet) - 1
        attr = struct.pack("<IIIIQQII", self.fd, 0, size, 0, ctypes.addressof(self.packet), 0, repeat, 0)
        room = ctypes.create_string_buffer(attr, 128)
        answer = libc.syscall(SYS_BPF, PROG_TEST_RUN, room, 128)
        if answer < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        retval = struct.unpack_from("<I", room, 4)[0]
        if retval != self.retval:
            sys.exit(f"Linux answers {retval}, not {self.retval}")
        # Linux divides, and what is left over is in its favour.
        return struct.unpack_from("<I", room, 36)[0] * repeat


with open(sys.argv[1], encoding="utf8") as lines:
    records = [json.loads(line) for line in lines if line.strip()]
programs = {record["id"]: Program(record) for record in records}
print("ready", flush=True)
for line in sys.stdin:
    name, repeat = line.split()
    print(programs[name].run(int(repeat)), flush=True)
