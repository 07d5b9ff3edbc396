"""What is done to the maps of a record before one of its runs: `"before": [{"op": "delete", "map": 0, "key": "00000000"}]`.

Operations: `update` (`key`, `value`, `flags`), `delete` (`key`), `lookup` (`key`), `lookup_and_delete` (`key`), `close` (the
descriptor of the map), `wait` (`ms`: a timer goes off, what was left for later is done), `run` (another program, `prog`, with the
context `ctx`).
"""
import os
import time

import linux

COMMANDS = {
    "update": linux.MAP_UPDATE,
    "delete": linux.MAP_DELETE,
    "lookup": linux.MAP_LOOKUP,
    "lookup_and_delete": linux.MAP_LOOKUP_AND_DELETE,
}


def done(op, maps, fds, prog_fds):
    """The operation, with what the kernel answered."""
    if op["op"] == "run":
        error, retval, _, ctx_out = linux.run_program(prog_fds[op["prog"]], None, bytes.fromhex(op["ctx"]), 0, False)
        return {key: op[key] for key in ("op", "prog", "ctx")} | {"errno": error, "retval": retval, "ctx_out": ctx_out.hex()}
    if op["op"] == "wait":
        time.sleep(op["ms"] / 1000)
        return op
    map_, fd = maps[op["map"]], fds[op["map"]]
    if op["op"] == "close":
        os.close(fd)
        return op
    copies = linux.CPUS if "percpu" in map_["type"] else 1
    size = map_["value_size"] + 7 & ~7 if copies > 1 else map_["value_size"]
    value = bytes.fromhex(op["value"]) * copies if op["op"] == "update" else bytes(size * copies)
    if op["op"] == "delete":
        value = None
    answer, found = linux.element(COMMANDS[op["op"]], fd, bytes.fromhex(op["key"]), value, op.get("flags", 0))
    kept = {key: op[key] for key in ("op", "map", "key", "flags") if key in op}
    if op["op"] == "update":
        return {**kept, "value": op["value"], "errno": -min(answer, 0)}
    read = {"value": found.hex()} if answer == 0 and op["op"].startswith("lookup") else {}
    return {**kept, "errno": -min(answer, 0), **read}
