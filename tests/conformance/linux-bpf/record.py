#!/usr/bin/env python3
"""Records what the running kernel answers to programs and map operations: `record.py IN.jsonl OUT.jsonl`.

A developer's tool, for root on Linux. IN holds records of the corpus's form, of which only the questions are read:

    {"note": "what it shows", "prog_type": "xdp", "asm": ["r0 = 2", "exit"], "maps": [], "runs": [{"data_in": "..."}]}

`asm` (a list of lines or one text; notation in assembler.py) or `insns` (hex). Further: `id`, `group`, `expected_attach_type`,
`license` ("GPL" unless given), `prog_flags`, `attr`, `caps`, `btf`, `func_info`, `line_info`, `core_relo`, `progs`, `kfuncs` (taken from `asm`
by itself), `name`, `capped_maps` (they are made with `caps` only), `one_btf` (maps and program share their types), `task_memory` (pages of the process that asks), `with_xlated` (also what the kernel makes of it: `xlated`, whom that calls, and what it says of functions, lines and maps), `attach_to` (name of the kernel function or type of a tracing program). `runs` is a list of inputs (`data_in`,
`ctx_in`, what is done to maps `before` it: before_run.py, and `settle_ms`, how long is waited before maps are read); left out, a few packets are taken for the types that run on packets; `[]` asks for none. What differs when a record is
asked twice is listed in `nondeterministic` and left out. `record.py --serve` answers records line by line instead, once each, and
`record.py --serve SECONDS` gives a question up after that time: the kernel leaves a verification when a signal has come, but no run.
"""
import hashlib
import json
import os
import signal
import sys

import linux
import map_ops
import program_record

# A map gives elements up by CPU, and per-CPU values were recorded there.
CPU = 0


def answer(record, is_once):
    """The record, with the kernel's answers in the place of whatever stood there."""
    if record.get("kind") == "map_ops" or "ops" in record:
        return map_ops.recorded(record)
    first = program_record.recorded(record)
    if "nondeterministic" in record:
        return program_record.without_known_differences(first, record["nondeterministic"])
    if is_once or not first["runs"]:
        return first
    return program_record.without_differences(first, program_record.recorded(record))


def named(record, prefix):
    if "id" in record:
        return record
    digest = hashlib.sha1(json.dumps(record, sort_keys=True).encode()).hexdigest()[:10]
    return {"id": f"{prefix}-{digest}", "group": prefix, **record}


def serve(seconds):
    signal.signal(signal.SIGALRM, give_up)
    print("ready", flush=True)
    for line in sys.stdin:
        record = json.loads(line)
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            answered = answer(record, True)
        except (ValueError, KeyError, OSError) as problem:
            answered = {"id": record.get("id"), "problem": repr(problem)}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(answered), flush=True)


def give_up(_signal, _frame):
    raise TimeoutError("the question took too long")


def main(arguments):
    if not linux.is_usable():
        print("bpf(2) cannot be used here: it takes root on Linux", file=sys.stderr)
        sys.exit(2)
    os.sched_setaffinity(0, {CPU})
    if arguments[:1] == ["--serve"]:
        return serve(float((arguments[1:] or ["0"])[0]))
    source, target = arguments
    prefix = os.path.basename(source).split(".")[0]
    with open(source) as lines, open(target, "w") as out:
        for line in filter(str.strip, lines):
            out.write(json.dumps(answer(named(json.loads(line), prefix), False)) + "\n")


main(sys.argv[1:])
