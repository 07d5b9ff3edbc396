#!/usr/bin/env python3
"""Records what mmap(2) and mprotect(2) on maps answer: `record-map-mmap.py FILE`.

A developer's tool, for root: `tests/fixtures/bpf/map-mmap.jsonl.gz` was made with it on Linux 6.18. A line says which map was
made, and has a row for each call: protection, flags, offset and pages, and what it answered: an errno, or for a mapping
what mprotect(2) says to reading, to reading and writing, and to reading and running.
"""
import ctypes
import gzip
import json
import struct
import sys

SYS_BPF = 321
ARRAY, HASH, RINGBUF, USER_RINGBUF = 2, 1, 27, 31
RDONLY, WRONLY, RDONLY_PROG, WRONLY_PROG, MMAPABLE = 1 << 3, 1 << 4, 1 << 7, 1 << 8, 1 << 10
PAGE = 4096
MAP_FREEZE = 22

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_long
libc.mmap.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_long, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_int]


def answer(result):
    return 0 if result >= 0 else -ctypes.get_errno()


def bpf(command, attr):
    room = ctypes.create_string_buffer(attr, 128)
    return libc.syscall(SYS_BPF, command, room, 128)


def call(fd, prot, flags, offset, pages):
    place = libc.mmap(0, pages * PAGE, prot, flags, fd, offset)
    if place == -1:
        return -ctypes.get_errno()
    changed = [answer(libc.mprotect(place, PAGE, wanted)) for wanted in (1, 3, 5)]
    libc.munmap(place, pages * PAGE)
    return changed


def rows(fd):
    for prot in (0, 1, 2, 3, 5, 7):
        for flags in (1, 2):
            for offset in (0, PAGE, 2 * PAGE):
                for pages in (1, 2, 3, 4, 5):
                    yield [prot, flags, offset, pages, call(fd, prot, flags, offset, pages)]


def main():
    array = [4, 8, 1000]
    ring = [0, 0, PAGE]
    maps = [
        [ARRAY, *array, MMAPABLE | extra] for extra in (0, RDONLY, WRONLY, RDONLY_PROG, WRONLY_PROG)
    ] + [[ARRAY, *array, 0], [HASH, *array, 0], [RINGBUF, *ring, 0], [USER_RINGBUF, *ring, 0]]
    with gzip.open(sys.argv[1], "wt") as out:
        for is_frozen in (False, True):
            for attr in maps:
                fd = bpf(0, struct.pack("<IIIII", *attr))
                if is_frozen:
                    bpf(MAP_FREEZE, struct.pack("<I", fd))
                out.write(json.dumps({"map": attr, "frozen": is_frozen, "rows": list(rows(fd))}) + "\n")


main()
