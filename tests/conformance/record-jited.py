#!/usr/bin/env python3
"""Records what the running Linux's compiler makes of programs: `record-jited.py PROGRAMS`, JSON on stdout.

A developer's tool, for root on x86-64, with objdump: `server/course/figures/jit-recordings.ts` was made by it. PROGRAMS is
a JSON list of `{"id", "type", "insns"}`, type a number and the instructions in hex; an instruction that loads a map gets an
array of one value of 8 bytes. What belongs to which instruction comes from the kernel itself: every instruction is given
to it as a source line of its own, and it answers where the code of each line begins.
"""
import ctypes
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

SYS_BPF = 321
MAP_CREATE, PROG_LOAD, OBJ_GET_INFO_BY_FD, BTF_LOAD = 0, 5, 15, 18
LD_IMM64 = 0x18
INFO_BYTES = 232
# Room for a jump, room for a counter of tail calls, the frame, and what C wants to find unchanged.
ENTRY = re.compile(r"nop|push|mov %rsp,%rbp|sub \$0x[0-9a-f]+,%rsp")

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    room = ctypes.create_string_buffer(attr, 160)
    answer = libc.syscall(SYS_BPF, command, room, 160)
    if answer < 0:
        sys.exit(f"bpf({command}): {os.strerror(ctypes.get_errno())}")
    return answer


def btf():
    """An int, and a function `main` that answers one."""
    strings = b"\0int\0main\0line\0"
    types = struct.pack("<IIII", 1, 1 << 24, 4, (1 << 24) | 32)
    types += struct.pack("<III", 0, 13 << 24, 1) + struct.pack("<III", 5, (12 << 24) | 0, 2)
    header = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings))
    whole = ctypes.create_string_buffer(header + types + strings)
    return bpf(BTF_LOAD, struct.pack("<QQIII", ctypes.addressof(whole), 0, len(whole) - 1, 0, 0))


def load(prog_type, insns):
    starts, slot = [], 0
    while slot * 8 < len(insns):
        starts.append(slot)
        if insns[slot * 8] != LD_IMM64:
            slot += 1
            continue
        if insns[slot * 8 + 1] >> 4 in (1, 2):
            fd = bpf(MAP_CREATE, struct.pack("<IIII", 2, 4, 8, 1))
            insns[slot * 8 + 4 : slot * 8 + 8] = struct.pack("<I", fd)
        slot += 2
    code = ctypes.create_string_buffer(bytes(insns))
    licence = ctypes.create_string_buffer(b"GPL")
    funcs = ctypes.create_string_buffer(struct.pack("<II", 0, 3))
    lines = ctypes.create_string_buffer(b"".join(struct.pack("<IIII", at, 10, 10, 1024) for at in starts))
    at = ctypes.addressof
    attr = struct.pack("<IIQQIIQII", prog_type, len(insns) // 8, at(code), at(licence), 0, 0, 0, 0, 0)
    attr += bytes(16) + struct.pack("<IIII", 0, 0, btf(), 8)
    attr += struct.pack("<QIIQI", at(funcs), 1, 16, at(lines), len(starts))
    return bpf(PROG_LOAD, attr), starts


def native(fd, lines):
    code, places, base = (ctypes.create_string_buffer(size) for size in (4096, 8 * lines, 8))
    info = bytearray(INFO_BYTES)
    struct.pack_into("<I", info, 16, 4096)
    struct.pack_into("<Q", info, 24, ctypes.addressof(code))
    struct.pack_into("<I", info, 104, 1)
    struct.pack_into("<Q", info, 112, ctypes.addressof(base))
    struct.pack_into("<QI", info, 160, ctypes.addressof(places), lines)
    struct.pack_into("<I", info, 176, 8)
    room = ctypes.create_string_buffer(bytes(info), INFO_BYTES)
    bpf(OBJ_GET_INFO_BY_FD, struct.pack("<IIQ", fd, INFO_BYTES, ctypes.addressof(room)))
    size = struct.unpack_from("<I", room.raw, 16)[0]
    start = struct.unpack("<Q", base.raw)[0]
    return code.raw[:size], start, [place - start for place in struct.unpack(f"<{lines}Q", places.raw)]


def symbols():
    with open("/proc/kallsyms") as names:
        return {int(line.split()[0], 16): line.split()[2] for line in names}


def disassemble(code, start, names):
    with tempfile.NamedTemporaryFile() as file:
        file.write(code)
        file.flush()
        command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "--insn-width=16", f"--adjust-vma={start:#x}", file.name]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        found = re.match(r"\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(?:\t(.*))?$", line)
        if not found:
            continue
        at = int(found[1], 16) - start
        insn = re.sub(r"\s+", " ", found[3] or "").strip()
        # A target is a function of the kernel, or a place in this code.
        target = re.match(r"(call|j\w+) 0x([0-9a-f]+)$", insn)
        if target:
            address = int(target[2], 16)
            name = names.get(address, f"+{address - start}" if 0 <= address - start <= len(code) else hex(address))
            insn = f"{target[1]} {name}"
        yield at, found[2].strip(), insn


def main():
    names = symbols()
    recorded = []
    for program in json.load(open(sys.argv[1])):
        fd, starts = load(program["type"], bytearray.fromhex(program["insns"]))
        code, start, places = native(fd, len(starts))
        entry, rows = [], [[] for _ in starts]
        for at, hex_, insn in disassemble(code, start, names):
            row = max(place for place, begin in enumerate(places) if begin <= at)
            # The first line's code has the entry in front of it.
            is_entry = row == 0 and not rows[0] and ENTRY.match(insn)
            (entry if is_entry else rows[row]).append([hex_, insn])
        bpf_rows = dict(zip(starts, rows))
        recorded.append({"id": program["id"], "insns": program["insns"], "entry": entry, "rows": bpf_rows})
    json.dump({"release": os.uname().release, "programs": recorded}, sys.stdout, indent=1)


main()
