#!/usr/bin/env python3
"""Records what the running kernel answers to calls of bpf(2) whose attributes are near right: `record_calls.py SEED COUNT OUT.jsonl`.

A developer's tool, for root on Linux. The first line of OUT says what every call finds: texts in memory and descriptors, in order. The
others are calls: a command, how many bytes of attributes it gives, and these in words of 32 bits. A word that names a descriptor is
"F:name", one that begins an address "P:name" (it takes the place of two), "BAD" is an address where nothing is. `answer` is 0, a
negative errno, or "fd".
"""
import ctypes
import json
import os
import random
import signal
import struct
import sys

import linux

BPF = 321
ROOM = 4096
PIPE = 900
SECONDS = 5
FROZEN, FREEZE = "frozen", 22
EPERM = -1
# Objects by number are counted over the whole machine.
BY_ID = (11, 12, 13, 14, 19, 23, 30, 31)
# The recording kernel lets nobody load these, and has no fprobe.
REFUSED_TYPES, KPROBE_MULTI = (26, 28, 29), 42
PROGRAM = struct.pack("<BBhiBBhi", 0xB7, 0, 0, 1, 0x95, 0, 0, 0)
INT = struct.pack("<IIII", 1, 1 << 24, 4, 0x01000020)
NAMES = b"\0int\0"
BTF = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(INT), len(INT), len(NAMES)) + INT + NAMES
TEXTS = {
    "key": b"",
    "value": b"",
    "program": PROGRAM,
    "license": b"GPL\0",
    "path": b"/bpf-none/x\0",
    "room": b"",
    "tracepoint": b"sys_enter\0",
    "nothing": b"nosuch\0",
    "btf": BTF,
    "keys": struct.pack("<IIII", 0, 1, 2, 3),
    "values": b"",
}


def map_words(type_, key, value, entries, flags=0, inner=0):
    return [type_, key, value, entries, flags, inner] + [0] * 17


def program_words(type_, flags=0, attach=0):
    return [type_, 2, "P:program", 0, "P:license", 0, 0, 0, 0, 0, 0, flags, 0, 0, 0, 0, 0, attach] + [0] * 24


DESCRIPTORS = [
    ("array", 0, map_words(2, 4, 8, 4)),
    ("hash", 0, map_words(1, 4, 8, 4)),
    ("socket", 5, program_words(1)),
    ("rawtp", 5, program_words(17)),
    ("btf", 18, ["P:btf", 0, 0, 0, len(BTF), 0, 0, 0]),
    ("link", 17, ["P:tracepoint", 0, "F:rawtp", 0, 0, 0]),
    ("xdp", 5, program_words(6)),
    ("cgroup_skb", 5, program_words(8)),
    ("progs", 0, map_words(3, 4, 4, 4)),
    ("ringbuf", 0, map_words(27, 0, 0, 4096)),
    ("queue", 0, map_words(22, 0, 8, 4)),
    ("kprobe", 5, program_words(2)),
    ("percpu", 0, map_words(6, 4, 8, 4)),
    ("lru", 0, map_words(9, 4, 8, 4)),
    ("sched", 5, program_words(3)),
    ("stacks", 0, map_words(7, 4, 80, 4)),
    ("bloom", 0, map_words(30, 0, 8, 4)),
    ("maps", 0, map_words(12, 4, 4, 4, 0, "F:array")),
    (FROZEN, 0, map_words(2, 4, 8, 4)),
    ("rdonly", 0, map_words(2, 4, 8, 4, 8)),
    ("syscall", 5, program_words(31, 16)),
    ("tracepoint", 5, program_words(5)),
    ("sk_lookup", 5, program_words(30, 0, 36)),
]
FDS = [f"F:{name}" for name, _, _ in DESCRIPTORS] + [0]
pick = random.choice


def fd():
    return pick(FDS) if random.random() < 0.9 else pick((999, -1, 0))


def some(count):
    return [0] * count


def attach_type():
    return pick(range(59))


def new_map():
    flags = pick((0, 0, 1, 2, 64, 128, 1024))
    words = [pick(range(36)), pick((0, 4, 8)), pick((0, 4, 8, 16)), pick((0, 1, 4, 4096)), flags] + some(18)
    if random.random() < 0.2:
        words[20:23] = [pick(("P:btf", "BAD", 0)), 0, pick((0, 31, 32))]
    return words


def new_program():
    flags = pick((0, 0, 0, 1, 2, 16, 32, 64))
    words = program_words(pick(range(34)), flags, pick((0, 0, 0, 1, 2, 5, 20, 33, 37, 40, 57, 58)))
    if random.random() < 0.1:
        words[16] = pick((1, 99))
    if random.random() < 0.1:
        words[38:42] = ["P:room", 0, pick((0, 8, 8193)), pick((-1, -3, 0, 2, 3))]
    return words


def test_run():
    sizes = [pick((0, 14, 64)), pick((0, 64))]
    return [fd(), 0, *sizes, "P:value", 0, "P:room", 0, pick((0, 1, 2)), 0, *some(6), pick((0, 0, 1, 4)), pick((0, 0, 1)), 0]


def batch(*pointers):
    words = [word for pointer in pointers for word in (pointer, 0)]
    return [*words, pick((0, 1, 2, 4)), fd(), pick((0, 0, 4, 1)), 0, pick((0, 0, 1)), 0]


COMMANDS = {
    0: new_map,
    1: lambda: [fd(), 0, "P:key", 0, "P:value", 0, pick((0, 0, 1, 2, 4)), 0],
    2: lambda: [fd(), 0, "P:key", 0, "P:value", 0, pick((0, 0, 1, 2, 3, 4)), 0],
    3: lambda: [fd(), 0, "P:key", 0],
    4: lambda: [fd(), 0, pick(("P:key", 0)), 0, "P:value", 0],
    5: new_program,
    6: lambda: ["P:path", 0, fd(), 0, 0],
    7: lambda: ["P:path", 0, 0, pick((0, 8, 16, 24, 16384)), pick((0, 0, 999))],
    8: lambda: [pick((fd(), 1, 999)), fd(), attach_type(), pick((0, 0, 1, 2, 4, 8, 32, 64)), *some(4)],
    9: lambda: [pick((fd(), 1, 999)), fd(), attach_type(), *some(5)],
    10: test_run,
    15: lambda: [fd(), pick((0, 4, 8, 16, 64, 80, 104, 256, 512)), "P:room", 0],
    16: lambda: [pick((fd(), 1, 999)), attach_type(), pick((0, 1, 2)), 0, "P:room", 0, pick((0, 4)), *some(9)],
    17: lambda: [pick(("P:tracepoint", "P:nothing", 0)), 0, fd(), 0, 0, 0],
    18: lambda: ["P:btf", 0, "P:room", 0, pick((45, 45, 24, 44, 46, 0)), pick((0, 0, 128)), pick((0, 0, 1, 2, 8)), 0, 0, 0],
    21: lambda: [fd(), 0, "P:key", 0, "P:value", 0, pick((0, 0, 1, 4)), 0],
    22: lambda: [fd()],
    24: lambda: batch(pick((0, "P:key")), "P:room", "P:keys", "P:values"),
    25: lambda: batch(pick((0, "P:key")), "P:room", "P:keys", "P:values"),
    26: lambda: batch(0, 0, "P:keys", "P:values"),
    27: lambda: batch(0, 0, "P:keys", 0),
    28: lambda: [fd(), pick((fd(), 0, 1, 999)), attach_type(), pick((0, 0, 0, 1, 2, 4, 8)), *some(11)],
    29: lambda: [pick(("F:link", fd())), fd(), pick((0, 4, 8)), pick((0, fd()))],
    32: lambda: [pick((0, 1, 2, -1))],
    33: lambda: [fd(), pick((0, 0, 1))],
    34: lambda: [pick(("F:link", fd()))],
    35: lambda: [fd(), fd(), pick((0, 0, 1))],
    36: lambda: [pick((0, 0, 1)), fd()],
    37: lambda: ["P:room", 0, pick((0, 16, 64)), pick((0, 1, 2, 3)), fd()],
    38: lambda: [fd(), 0, 0, 0],
    -1: lambda: [0],
}
SIZES = (0, 4, 16, 20, 24, 32, 40, 48, 64, 72, 100, 128, 144, 152, 160, 168, 176, 4096, 4097)


def question():
    command = pick(list(COMMANDS))
    words = COMMANDS[command]()
    size = 4 * len(words)
    chance = random.random()
    if chance < 0.3:
        spoil(words)
    chance = random.random()
    if chance < 0.1:
        size = pick(SIZES)
    elif chance < 0.2:
        words += some(pick((0, 2, 8))) + [pick((0, 1))]
        size = 4 * len(words)
    return {"command": command, "size": size, "words": words}


def spoil(words):
    at = random.randrange(len(words))
    word = words[at]
    if is_pointer(word):
        words[at] = pick((0, "P:key", "BAD"))
    elif not (at and is_pointer(words[at - 1])):
        words[at] = pick((0, 1, 2, 3, 4, 5, 7, 8, 16, 64, -1, fd()))


def is_pointer(word):
    return isinstance(word, str) and not word.startswith("F:")


def is_kept(asked):
    """Not what hangs on how long an address is, or on what this kernel refuses."""
    command, words, size = asked["command"], asked["words"], asked["size"]
    cut = [at for at, word in enumerate(words) if is_pointer(word) and 4 * at < size < 4 * at + 8]
    refused = command == 5 and words[0] in REFUSED_TYPES or command == 28 and words[2] == KPROBE_MULTI
    odd_words = [at for at, word in enumerate(words) if is_pointer(word) and at % 2]
    # Runs of frames that live are not there, and what another program did cannot be asked again.
    lives = command == 10 and words[16] in (2, -1)
    return not (cut or refused or odd_words or lives)


def block(words, known):
    parts, at = [], 0
    while at < len(words):
        word = words[at]
        if is_pointer(word):
            parts.append(struct.pack("<Q", 1 if word == "BAD" else known[word])[: 8 if at + 1 < len(words) else 4])
            at += 2
            continue
        parts.append(struct.pack("<I", (known[word] if isinstance(word, str) else word) & 0xFFFFFFFF))
        at += 1
    return b"".join(parts)


def call(libc, command, attributes, size):
    room = ctypes.create_string_buffer(attributes, max(len(attributes), size, 168))
    answer = libc.syscall(ctypes.c_long(BPF), ctypes.c_long(command), room, ctypes.c_long(size))
    return answer if answer >= 0 else -ctypes.get_errno()


def answer_to(asked):
    libc = ctypes.CDLL(None, use_errno=True)
    rooms = {f"P:{name}": ctypes.create_string_buffer(text, ROOM) for name, text in TEXTS.items()}
    known = {name: ctypes.addressof(room) for name, room in rooms.items()}
    for name, command, words in DESCRIPTORS:
        attributes = block(words, known)
        known[f"F:{name}"] = call(libc, command, attributes, len(attributes))
        assert known[f"F:{name}"] > 0, name
        if name == FROZEN:
            call(libc, FREEZE, block([f"F:{name}"], known), 4)
    answer = call(libc, asked["command"], block(asked["words"], known), asked["size"])
    return answer if answer <= 0 else "fd"


def recorded(asked):
    """Asks in a process of its own: it opens descriptors with the numbers that another would, and takes all it has made with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, PIPE)
        signal.alarm(SECONDS)
        os.closerange(3, PIPE)
        nothing = os.open("/dev/null", os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        os.close(nothing)
        os.write(PIPE, json.dumps(answer_to(asked)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(child, 0)
    return {**asked, "answer": json.loads(text)} if text else None


def main(seed, count, target):
    if not linux.is_usable():
        print("bpf(2) cannot be used here: it takes root on Linux", file=sys.stderr)
        sys.exit(2)
    random.seed(int(seed))
    texts = {name: text.hex() for name, text in TEXTS.items()}
    with open(target, "w") as out:
        print(json.dumps({"texts": texts, "descriptors": DESCRIPTORS}), file=out)
        kept = 0
        while kept < int(count):
            asked = question()
            answered = recorded(asked) if is_kept(asked) else None
            if answered:
                kept += 1
                print(json.dumps(answered), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
