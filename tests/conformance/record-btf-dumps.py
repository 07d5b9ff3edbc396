#!/usr/bin/env python3
"""Records BTF with its text in C: `record-btf-dumps.py FILE`.

A developer's tool that needs bpftool, libbpf 1.1, clang-16 and llvm-objcopy-16: `tests/fixtures/bpf/btf-dumps.jsonl.gz` was made with
bpftool of Linux 6.1.192. The types are those of `btf-dumps/*.c`, and of the blobs in `btf-blobs.jsonl.gz` that Linux takes. That
bpftool leaves out what enums of one or eight bytes are declared with: where there are some, the text is libbpf's own.
"""
import ctypes
import glob
import gzip
import json
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BLOBS = os.path.join(HERE, "../fixtures/bpf/btf-blobs.jsonl.gz")
MOST = 88
TAILS = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12), 17: (4, 0), 19: (0, 12)}
ENUM, DATASEC, ENUM64 = 6, 15, 19

lib = ctypes.CDLL("libbpf.so.1")
libc = ctypes.CDLL(None)
lib.btf__new.restype = lib.btf_dump__new.restype = ctypes.c_void_p
lib.btf__type_cnt.argtypes = [ctypes.c_void_p]
libc.vsnprintf.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p]
PRINT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


def types_of(blob):
    """Where each type starts, with its kind, vlen and size."""
    hdr_len, type_off, type_len = struct.unpack_from("<III", blob, 4)
    at = hdr_len + type_off
    end = at + type_len
    while at < end:
        _, info, size = struct.unpack_from("<III", blob, at)
        kind, vlen = info >> 24 & 31, info & 0xFFFF
        yield at, kind, vlen, size
        fixed, each = TAILS.get(kind, (0, 0))
        at += 12 + fixed + each * vlen


def with_sections(blob):
    """Data sections get their size, as a loader gives it to them."""
    blob = bytearray(blob)
    for at, kind, vlen, _ in types_of(blob):
        if kind != DATASEC:
            continue
        offset = 0
        for row in range(at + 12, at + 12 + 12 * vlen, 12):
            struct.pack_into("<I", blob, row + 4, offset)
            offset += max(struct.unpack_from("<I", blob, row + 8)[0], 1)
        struct.pack_into("<I", blob, at + 8, offset)
    return bytes(blob)


def compiled(source, folder):
    obj, out = os.path.join(folder, "types.o"), os.path.join(folder, "types.btf")
    subprocess.run(["clang-16", "-g", "-O2", "-target", "bpf", "-Wno-everything", "-c", source, "-o", obj], check=True)
    subprocess.run(["llvm-objcopy-16", "--dump-section", f".BTF={out}", obj], check=True)
    return with_sections(open(out, "rb").read())


def text_of(blob, folder):
    path = os.path.join(folder, "raw.btf")
    open(path, "wb").write(blob)
    run = subprocess.run(["bpftool", "btf", "dump", "file", path, "format", "c"], capture_output=True, check=True)
    text = run.stdout.decode("latin1")
    if not any(kind in (ENUM, ENUM64) and size in (1, 8) for _, kind, _, size in types_of(blob)):
        return text
    head = text[: text.index("record)\n#endif\n\n") + 16]
    return head + library_text(blob) + text[text.rindex("#ifndef") :]


def library_text(blob):
    parts = []

    def printed(_, fmt, args):
        buffer = ctypes.create_string_buffer(1 << 16)
        libc.vsnprintf(buffer, len(buffer), fmt, args)
        parts.append(buffer.value.decode("latin1"))

    callback = PRINT(printed)
    btf = ctypes.c_void_p(lib.btf__new(blob, len(blob)))
    dump = ctypes.c_void_p(lib.btf_dump__new(btf, callback, None, None))
    for id in range(1, lib.btf__type_cnt(btf)):
        assert lib.btf_dump__dump_type(dump, id) == 0
    # Later ones write it so.
    return "".join(parts).replace("()", "(void)")


with tempfile.TemporaryDirectory() as folder, gzip.open(sys.argv[1], "wt") as out:
    blobs = [compiled(source, folder) for source in sorted(glob.glob(os.path.join(HERE, "btf-dumps/*.c")))]
    records = [json.loads(line) for line in gzip.open(BLOBS, "rt")]
    blobs += [bytes.fromhex(record["btf"]) for record in records if record["errno"] == 0]
    texts = {}
    for blob in blobs:
        texts.setdefault(text_of(blob, folder), blob)
    longest = sorted(texts, key=len, reverse=True)[:MOST]
    for text in longest:
        out.write(json.dumps({"btf": texts[text].hex(), "text": text}) + "\n")
