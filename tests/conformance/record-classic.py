#!/usr/bin/env python3
"""Records random classic programs as socket filters, with what the running Linux answers: `record-classic.py SEED COUNT FILE`.

A developer's tool: `tests/fixtures/bpf/classic.jsonl.gz` was made with seed 7 and 600 programs on Linux 6.18. Each has the
errno of SO_ATTACH_FILTER, and datagrams with what of them arrived (null: nothing).
"""
import ctypes
import gzip
import json
import random
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
SKF_AD_OFF = 0xFFFFF000
#: All that does not depend on the CPU or on luck.
ANCILLARY = [0, 4, 8, 12, 16, 20, 24, 28, 40, 44, 48, 52, 60, 64, 2]
ALU = [op | src for op in range(0, 0xB0, 0x10) for src in (4, 0xC)]


def insn(code, jt=0, jf=0, k=0):
    return struct.pack("<HBBI", code, jt, jf, k & 0xFFFFFFFF)


def attach(sock, insns):
    room = ctypes.create_string_buffer(insns, len(insns))
    fprog = struct.pack("<HxxxxxxQ", len(insns) // 8, ctypes.addressof(room))
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)
    except OSError as error:
        return error.errno
    return 0


def program(random_):
    pick = random_.choice
    length = random_.randrange(1, 14)
    done = []
    for at in range(length):
        rest = length - at
        odd = [31, 32, 255, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, random_.getrandbits(32)]
        k = pick(odd) if random_.random() < 0.2 else random_.randrange(12)
        kind = random_.random()
        if kind < 0.30:
            k = pick([k, random_.randrange(20), -0x100000 + random_.randrange(16), -0x200000 + random_.randrange(4)])
            done.append(insn(pick([0x20, 0x28, 0x30, 0x40, 0x48, 0x50]), k=k))
        elif kind < 0.36:
            done.append(insn(pick([0x20, 0x28, 0x30]), k=SKF_AD_OFF + pick(ANCILLARY)))
        elif kind < 0.44:
            done.append(insn(pick([0x00, 0x01, 0x80, 0x81, 0xB1]), k=k))
        elif kind < 0.52:
            done.append(insn(pick([2, 3]), k=pick([0, 1, 2, 2, 15, 16])))
        elif kind < 0.58:
            done.append(insn(pick([0x60, 0x61]), k=random_.randrange(3)))
        elif kind < 0.75:
            done.append(insn(pick(ALU), k=k))
        elif kind < 0.80:
            done.append(insn(pick([7, 0x87])))
        elif kind < 0.97 and rest > 2:
            op = pick([0x15, 0x25, 0x35, 0x45, 0x1D, 0x2D, 0x3D, 0x4D])
            true = random_.randrange(rest - 1) if random_.random() < 0.97 else 200
            done.append(insn(op, true, random_.randrange(rest - 1), k))
        elif kind < 0.985:
            done.append(insn(5, k=random_.randrange(max(1, rest - 1))))
        else:
            done.append(insn(random_.getrandbits(8), k=k))
    is_whole = random_.random() < 0.98
    done.append(insn(pick([0x16, 0x16, 0x06]), k=pick([0, 1, 5, 20, -1])) if is_whole else insn(0))
    return b"".join(done)


def datagram(random_):
    sizes = [0, 1, 4, 8, 13, 20]
    return bytes(random_.choice([0, 1, 2, 4, 8, 15, 0x45, 0xFF]) for _ in range(random_.choice(sizes)))


def main(seed, count, file):
    random_ = random.Random(int(seed))
    with gzip.GzipFile(file, "w", mtime=0) as out:
        for _ in range(int(count)):
            sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            receiver.setblocking(False)
            insns = program(random_)
            errno = attach(receiver, insns)
            datagrams = []
            for sent in (datagram(random_) for _ in range(3 if errno == 0 else 0)):
                sender.send(sent)
                try:
                    received = receiver.recv(100).hex()
                except BlockingIOError:
                    received = None
                datagrams.append([sent.hex(), received])
            sender.close()
            receiver.close()
            record = {"insns": insns.hex(), "errno": errno, "datagrams": datagrams}
            out.write((json.dumps(record) + "\n").encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
