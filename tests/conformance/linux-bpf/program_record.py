"""Loads and runs the program of one record, and answers the record with what the kernel said."""
import ctypes
import errno
import os
import re
import struct
import time

import assembler
import before_run
import linux
import names

TCP = "020000000001020000000002080045000038123400004006548a0a0000010a0000029c400050000003e8000000005002200000000000474554202f20485454502f312e300d0a"
UDP = "02000000000102000000000208004500002712340000401154900a0000010a00000214e900350013000071756572792d6279746573"
IPV6 = "02000000000102000000000286dd600000000014064020010db800000000000000000000000120010db80000000000000000000000029c4001bb000003e8000000005002200000000000"
SHORT = "0200000000010200000000020800"
PACKET_TYPES = ("xdp", "sched_cls", "sched_act", "socket_filter", "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local")
CONTEXT_ONLY = ("raw_tracepoint", "syscall", "tracing", "lsm", "sk_lookup", "struct_ops")
NOT_READ = ("prog_array", "perf_event_array", "cgroup_array", "bloom_filter", "queue", "stack", "devmap", "devmap_hash", "cpumap")
NOT_READ += ("hash_of_maps", "array_of_maps", "sockmap", "sockhash", "xskmap", "reuseport_sockarray", "stack_trace", "user_ringbuf")
NOT_READ += ("sk_storage", "inode_storage", "task_storage", "cgrp_storage", "cgroup_storage", "percpu_cgroup_storage", "struct_ops", "arena")
INPUTS = ("id", "group", "note", "kind", "prog_type", "expected_attach_type", "insns", "asm", "maps", "progs", "license", "prog_flags", "name")
INPUTS += ("attr", "caps", "btf", "func_info", "line_info", "core_relo", "kfuncs", "ksyms", "attach_to", "with_ctx_out", "with_xlated", "one_btf", "task_memory", "capped_maps")
LISTED_IN_FULL = 16

log_rooms = {}


def log_room(size):
    if size not in log_rooms:
        log_rooms[size] = ctypes.create_string_buffer(size)
    return log_rooms[size]


def recorded(record):
    return Recording(record).run()


def without_known_differences(recorded_, known):
    """Leaves out what is known to differ from run to run."""
    runs = [{key: value for key, value in run.items() if key not in known} for run in recorded_["runs"]]
    return {**recorded_, "runs": runs, "nondeterministic": known}


def without_differences(first, second):
    """Leaves out what another recording answered otherwise."""
    differing = set()
    for one, other in zip(first["runs"], second["runs"]):
        differing |= {key for key in one if one[key] != other.get(key)}
    if first["load"]["errno"] != second["load"]["errno"]:
        raise ValueError("two loads answer differently")
    if not differing:
        return first
    runs = [{key: value for key, value in run.items() if key not in differing} for run in first["runs"]]
    return {**first, "runs": runs, "nondeterministic": sorted(differing)}


class Recording:
    def __init__(self, record):
        self.given = record
        self.record = {key: record[key] for key in INPUTS if key in record}
        self.record = {"kind": "verify", "expected_attach_type": None, "maps": [], "license": "GPL", **self.record}
        self.fds, self.rings, self.map_fds, self.prog_fds, self.btfs = [], {}, [], [], {}
        self.closed = set()
        self.assemble()

    def assemble(self):
        for prog in (self.record, *self.record.get("progs", [])):
            if "insns" in prog:
                continue
            asm = assembler.Assembler()
            prog["insns"] = asm.assemble(prog["asm"]).hex()
            if asm.kfuncs:
                prog["kfuncs"] = asm.kfuncs

    def run(self):
        try:
            for pages in self.record.get("task_memory", []):
                linux.map_pages(int(pages["address"], 0), pages["bytes"], pages["at"], bytes.fromhex(pages["value"]))
            with linux.only_capabilities(self.record.get("caps") if self.record.get("capped_maps") else None):
                self.map_fds = [self.make_map(map_) for map_ in self.record["maps"]]
            self.prog_fds = [self.load_other(prog) for prog in self.record.get("progs", [])]
            for map_, fd in zip(self.record["maps"], self.map_fds):
                self.fill(map_, fd)
            fd = self.load()
            if fd >= 0 and self.record.get("with_xlated"):
                self.record |= linux.program_info(fd)
            runs = [self.test_run(fd, run) for run in self.inputs()] if fd >= 0 else []
            return {**self.record, "runs": runs}
        finally:
            for ring in self.rings.values():
                ring.close()
            for fd in set(self.fds) - {self.map_fds[at] for at in self.closed}:
                os.close(fd)
            for pages in self.record.get("task_memory", []):
                linux.unmap_pages(int(pages["address"], 0), pages["bytes"])

    def keep(self, fd, what):
        if fd < 0:
            raise OSError(-fd, f"{what} is refused")
        self.fds.append(fd)
        return fd

    def make_map(self, map_):
        inner = self.make_map(map_["inner"]) if "inner" in map_ else 0
        btf = self.btf_of(map_["btf"]) if "btf" in map_ else 0
        fd = self.keep(linux.create_map(map_, inner, btf), "a map")
        if map_["type"] == "ringbuf":
            self.rings[fd] = linux.RingReader(fd, map_["max_entries"])
        return fd

    def btf_of(self, raw):
        """A descriptor; with `one_btf`, equal types of maps and the program are one object. "program" stands for the types of the program."""
        raw = self.record["btf"] if raw == "program" else raw
        if not self.record.get("one_btf"):
            return self.keep(linux.load_btf(bytes.fromhex(raw)), "BTF")
        if raw not in self.btfs:
            self.btfs[raw] = self.keep(linux.load_btf(bytes.fromhex(raw)), "BTF")
        return self.btfs[raw]

    def load_other(self, prog):
        code = self.fixed_up(bytes.fromhex(prog["insns"]), prog.get("kfuncs", {}))
        return self.keep(linux.load_program({"license": "GPL", **prog}, code, log_room(1 << 20)), "a program")

    def fill(self, map_, fd):
        for entry in map_.get("init", []):
            value = entry["value"]
            if isinstance(value, dict):
                number = self.prog_fds[value["prog"]] if "prog" in value else self.map_fds[value["map"]]
                value = struct.pack("<i", number)
            else:
                value = bytes.fromhex(value)
            if "percpu" in map_["type"]:
                value = value.ljust(len(value) + 7 & ~7, b"\0") * linux.CPUS
            key = bytes.fromhex(entry["key"]) if entry.get("key") is not None else None
            linux.element(linux.MAP_UPDATE, fd, key, value)
        if map_.get("frozen"):
            linux.ask(linux.MAP_FREEZE, "<I", fd)

    def fixed_up(self, code, kfuncs):
        """Descriptors for indexes of maps, this kernel's numbers for kernel functions and symbols."""
        code = bytearray(code)
        ksyms = self.record.get("ksyms", {})
        at = 0
        while at + 8 <= len(code):
            opcode, registers, _, imm = struct.unpack_from("<BBhi", code, at)
            if opcode == 0x18 and registers >> 4 in (1, 2) and 0 <= imm < len(self.map_fds):
                struct.pack_into("<i", code, at + 4, self.map_fds[imm])
            if opcode == 0x18 and registers >> 4 == 3 and str(imm) in ksyms:
                struct.pack_into("<i", code, at + 4, names.target(ksyms[str(imm)]))
            if opcode == 0x85 and registers >> 4 == 2 and str(imm) in kfuncs:
                struct.pack_into("<i", code, at + 4, names.function(kfuncs[str(imm)]))
            at += 16 if opcode == 0x18 else 8
        return bytes(code)

    def load(self):
        """A program that is fine has no explaining line, whatever the end of a log that was too long."""
        fd = self.load_once()
        if fd == -errno.ENOSPC:
            self.record["load"]["error"] = self.error_with_room()
        return fd

    def error_with_room(self):
        small = self.record
        kept = small["load"]
        attr = {key: value for key, value in small.get("attr", {}).items() if key != "log_size"}
        self.record = {**small, "attr": attr}
        is_fine = self.load_once() >= 0
        self.record = small
        return "" if is_fine else kept["error"]

    def load_once(self):
        btf = self.btf_of(self.record["btf"]) if "btf" in self.record else 0
        code = self.fixed_up(bytes.fromhex(self.record["insns"]), self.record.get("kfuncs", {}))
        for size in (1 << 22, 1 << 28):
            log = log_room(size)
            with linux.only_capabilities(self.record.get("caps")):
                fd = linux.load_program(self.record, code, log, btf)
            if fd != -errno.ENOSPC or "log_size" in self.record.get("attr", {}):
                break
        text = log.value.decode(errors="replace")
        self.record["load"] = load_of(fd, text)
        if fd >= 0:
            self.fds.append(fd)
        return fd

    def inputs(self):
        if "runs" in self.given:
            return self.given["runs"]
        packets = (TCP, UDP, IPV6, SHORT) if self.record["prog_type"] in PACKET_TYPES else ()
        return [{"data_in": packet} for packet in packets]

    def test_run(self, fd, given):
        maps = self.record["maps"]
        before = [before_run.done(op, maps, self.map_fds, self.prog_fds) for op in given.get("before", [])]
        self.closed |= {op["map"] for op in before if op["op"] == "close"}
        data, ctx = given.get("data_in"), given.get("ctx_in")
        is_ctx_only = self.record["prog_type"] in CONTEXT_ONLY
        data_in = None if is_ctx_only or data is None else bytes.fromhex(data)
        ctx_in = bytes.fromhex(ctx) if ctx is not None else None
        is_syscall = self.record["prog_type"] == "syscall"
        size_out = 256 if self.record.get("with_ctx_out", False) and not is_syscall else 0
        error, retval, data_out, ctx_out = linux.run_program(fd, data_in, ctx_in, size_out, not is_ctx_only)
        settle = {"settle_ms": given["settle_ms"]} if "settle_ms" in given else {}
        time.sleep(settle.get("settle_ms", 0) / 1000)
        answer = settle | ({"before": before} if before else {}) | {"data_in": data} | ({"ctx_in": ctx} if ctx is not None else {}) | {"errno": error}
        if error == 0:
            answer["retval"] = retval
            if data_out is not None:
                answer["data_out"] = data_out.hex()
            if ctx_out is not None and (size_out or is_syscall):
                answer["ctx_out"] = ctx_out.hex()
        answer["maps_out"] = [self.entries(at, map_) for at, map_ in enumerate(self.record["maps"])]
        return answer

    def entries(self, at, map_):
        fd = self.map_fds[at]
        if at in self.closed or map_["type"] in NOT_READ or map_.get("not_read"):
            return None
        if fd in self.rings:
            return self.rings[fd].drain()
        size, is_percpu = map_["value_size"], "percpu" in map_["type"]
        stride = size + 7 & ~7 if is_percpu else size
        found = []
        for key in sorted(linux.keys_of(fd, map_["key_size"])):
            answer, value = linux.element(linux.MAP_LOOKUP, fd, key, bytes(stride * (linux.CPUS if is_percpu else 1)))
            is_left_out = "array" in map_["type"] and map_["max_entries"] > LISTED_IN_FULL and not any(value)
            if answer < 0 or is_left_out:
                continue
            values = [value[at : at + size].hex() for at in range(0, len(value), stride)]
            found.append({"key": key.hex(), "values": values} if is_percpu else {"key": key.hex(), "value": values[0]})
        return found


def load_of(fd, log):
    error = -fd if fd < 0 else 0
    processed = re.search(r"processed (\d+) insns", log)
    return {
        "ok": fd >= 0,
        "errno": error,
        "errno_name": linux.ERRNO_NAMES.get(error),
        "error": explaining_line(log) if fd < 0 else None,
        "insns_processed": int(processed[1]) if processed else None,
        "log": re.sub(r"(= 0x)[0-9a-f]{9,}( *$| *;)", r"\1<ptr>\2", log, flags=re.MULTILINE),
    }


def explaining_line(log):
    """The line in front of the numbers at the end; of an endless loop the one in front of two states."""
    lines = log.split("\n")
    at = next((i for i, line in enumerate(lines) if re.search(r"(verification time \d+ usec|processed \d+ insns)", line)), None)
    if at is None:
        return ""
    if not re.match(r"verification time|processed", lines[at]):
        return re.sub(r"(verification time \d+ usec|processed \d+ insns).*$", "", lines[at])
    before = [line for line in lines[:at] if not re.match(r"verification time|stack depth", line)]
    loop = next((line for line in before[-3:] if "infinite loop detected at insn" in line), None)
    # Where the log ends with the list of functions, nothing explains the refusal.
    last = before[-1] if before else ""
    return loop or ("" if re.fullmatch(r"func#\d+ @\d+", last) else last)
