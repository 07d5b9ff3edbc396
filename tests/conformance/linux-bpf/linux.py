"""bpf(2) of the running kernel."""
import contextlib
import ctypes
import errno
import mmap
import os
import struct

import names

# errno.h has no name for this one; the kernel answers it nevertheless.
ERRNO_NAMES = {**errno.errorcode, 524: "ENOTSUPP"}
SYS_BPF, SYS_CAPSET, SYS_CAPGET = 321, 126, 125
MAP_CREATE, MAP_LOOKUP, MAP_UPDATE, MAP_DELETE, MAP_NEXT_KEY, PROG_LOAD = range(6)
PROG_TEST_RUN, OBJ_GET_INFO, BTF_LOAD, MAP_LOOKUP_AND_DELETE, MAP_FREEZE = 10, 15, 18, 21, 22
BATCHES = {"lookup_batch": 24, "lookup_and_delete_batch": 25, "update_batch": 26, "delete_batch": 27}
CPUS = int(open("/sys/devices/system/cpu/possible").read().strip().split("-")[-1]) + 1
DATA_OUT_BYTES = 1 << 16

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    """Answers the result or a negative errno; `attr` is a buffer that the kernel may write to."""
    answer = libc.syscall(SYS_BPF, command, attr, len(attr))
    return answer if answer >= 0 else -ctypes.get_errno()


def ask(command, form, *fields):
    return bpf(command, room(struct.pack(form, *fields)))


def room(content):
    return ctypes.create_string_buffer(content, max(len(content), 1))


def place(buffer):
    return ctypes.addressof(buffer) if buffer is not None else 0


MAP_FIXED_NOREPLACE = 0x100000


def map_pages(address, size, at, content):
    """Pages of this process, where they must be."""
    libc.mmap.restype = ctypes.c_void_p
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_FIXED_NOREPLACE
    place_ = [ctypes.c_void_p(address), ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_WRITE, flags, -1, ctypes.c_long(0)]
    if libc.mmap(*place_) != address:
        raise OSError(ctypes.get_errno(), "pages are refused")
    # All of them are there: programs that may not sleep bring none in.
    ctypes.memset(address, 0, size)
    ctypes.memmove(address + at, content, len(content))


def unmap_pages(address, size):
    libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size))


def is_usable():
    """Whether this process may ask: root on Linux."""
    fd = ask(MAP_CREATE, "<IIIII", names.constant("BPF_MAP_TYPE_", "array"), 4, 8, 1, 0)
    if fd >= 0:
        os.close(fd)
    return fd >= 0


def load_btf(raw):
    data = room(raw)
    return ask(BTF_LOAD, "<QQIII", place(data), 0, len(raw), 0, 0)


def create_map(map_, inner_fd=0, btf_fd=0):
    name = (map_.get("name") or "").encode()
    type_ = names.constant("BPF_MAP_TYPE_", map_["type"])
    sizes = [map_[key] for key in ("key_size", "value_size", "max_entries", "flags")]
    btf = [btf_fd, map_.get("btf_key_type_id", 0), map_.get("btf_value_type_id", 0)]
    value_type = names.struct_type(map_["vmlinux_value_type"]) if "vmlinux_value_type" in map_ else 0
    form = "<IIIIIII16sIIIIIQ"
    return ask(MAP_CREATE, form, type_, *sizes, inner_fd, 0, name, 0, *btf, value_type, map_.get("map_extra", 0))


def element(command, fd, key, value, flags=0):
    """Answers the result, and what lies at the value afterwards."""
    key_room = room(key) if key is not None else None
    value_room = room(value) if value is not None else None
    answer = ask(command, "<IIQQQ", fd, 0, place(key_room), place(value_room), flags)
    return answer, value_room.raw[: len(value)] if value_room is not None else None


def keys_of(fd, key_size):
    found, at = [], None
    while True:
        answer, following = element(MAP_NEXT_KEY, fd, at, bytes(key_size))
        if answer < 0:
            return found
        at = following
        found.append(at)


def load_program(prog, code, log, btf_fd=0):
    """`prog` has the fields of a record; answers the descriptor or a negative errno, and the length of the log."""
    attr = prog.get("attr", {})
    code_room, license = room(code), room((prog.get("license") or "").encode() + b"\0")
    rows = [struct.pack("<II", *row) for row in prog.get("func_info", [])]
    lines = [struct.pack("<IIII", *row) for row in prog.get("line_info", [])]
    relos = [struct.pack("<IIII", *row) for row in prog.get("core_relo", [])]
    func_info, line_info, core_relo = room(b"".join(rows)), room(b"".join(lines)), room(b"".join(relos))
    log_size = 0 if attr.get("log_size0") else attr.get("log_size", len(log))
    block = room(
        struct.pack(
            "<IIQQIIQII16sIIIIQIIQIIIIQQIIIIQII",
            names.constant("BPF_PROG_TYPE_", prog["prog_type"]),
            attr.get("insn_cnt", len(code) // 8),
            0 if attr.get("null_insns") else place(code_room),
            0 if attr.get("null_license") else place(license),
            attr.get("log_level", 2),
            log_size,
            0 if attr.get("log_null") else place(log),
            0,
            prog.get("prog_flags", 0),
            (prog.get("name") or "").encode(),
            0,
            names.constant("BPF_", prog.get("expected_attach_type")),
            *(btf_fd, 8 if rows else 0, place(func_info) if rows else 0, len(rows)),
            *(16 if lines else 0, place(line_info) if lines else 0, len(lines)),
            names.target(prog["attach_to"]) if "attach_to" in prog else 0,
            *(0, len(relos), 0, place(core_relo) if relos else 0, 16 if relos else 0, 0, 0, 0, 0, 0, 0),
        )
    )
    log[0] = b"\0"
    return bpf(PROG_LOAD, block)


XLATED_BYTES = 1 << 20
PROG_INFO_BYTES = 232
CALL, PSEUDO_CALL = 0x85, 1
FUNC_INFO_BYTES, LINE_INFO_BYTES = 8, 16


def program_info(fd):
    """The program as the kernel shows it, and what it says of it: see `xlated` in record.py."""
    insns, funcs, lines = room(bytes(XLATED_BYTES)), room(bytes(XLATED_BYTES)), room(bytes(XLATED_BYTES))
    info = bytearray(PROG_INFO_BYTES)
    struct.pack_into("<I", info, 20, XLATED_BYTES)
    struct.pack_into("<Q", info, 32, place(insns))
    struct.pack_into("<IQII", info, 132, FUNC_INFO_BYTES, place(funcs), XLATED_BYTES // FUNC_INFO_BYTES, XLATED_BYTES // LINE_INFO_BYTES)
    struct.pack_into("<Q", info, 152, place(lines))
    struct.pack_into("<II", info, 172, LINE_INFO_BYTES, 8)
    info = room(bytes(info))
    answer = ask(OBJ_GET_INFO, "<IIQ", fd, PROG_INFO_BYTES, place(info))
    if answer < 0:
        raise OSError(-answer, "a program says nothing of itself")
    code = insns.raw[: struct.unpack_from("<I", info.raw, 20)[0]]
    maps, verified = (struct.unpack_from("<I", info.raw, at)[0] for at in (52, 216))
    func_count, line_count = struct.unpack_from("<II", info.raw, 144)
    func_info = list(struct.iter_unpack("<II", funcs.raw[: func_count * FUNC_INFO_BYTES]))
    line_info = list(struct.iter_unpack("<IIII", lines.raw[: line_count * LINE_INFO_BYTES]))
    return {"xlated": code.hex(), "xlated_calls": called(code), "nr_maps": maps, "verified_insns": verified} | {
        "xlated_func_info": func_info,
        "xlated_line_info": line_info,
    }


def called(code):
    """The names of what the program calls, by the number that stands in the call."""
    names_ = {}
    for opcode, registers, _, imm in struct.iter_unpack("<BBhi", code):
        if opcode == CALL and registers >> 4 != PSEUDO_CALL and imm != 0:
            names_[imm] = names.symbol(imm)
    return names_


def run_program(fd, data_in, ctx_in, ctx_size_out, with_data_out):
    """Answers errno, retval, data_out and ctx_out of one test run."""
    data = room(data_in) if data_in is not None else None
    ctx = room(ctx_in) if ctx_in is not None else None
    data_out = room(bytes(DATA_OUT_BYTES)) if with_data_out else None
    ctx_out = room(bytes(ctx_size_out)) if ctx_size_out else None
    block = room(
        struct.pack(
            "<IIIIQQIIIIQQIII",
            *(fd, 0, len(data_in or b""), DATA_OUT_BYTES if with_data_out else 0, place(data), place(data_out)),
            *(1 if with_data_out else 0, 0, len(ctx_in or b""), ctx_size_out, place(ctx), place(ctx_out), 0, 0, 0),
        )
    )
    answer = bpf(PROG_TEST_RUN, block)
    retval, _, data_size = struct.unpack_from("<III", block.raw, 4)
    ctx_size = struct.unpack_from("<I", block.raw, 44)[0]
    out = data_out.raw[:data_size] if with_data_out else None
    # A syscall program changes the context where it lies.
    ctx_after = ctx_out.raw[:ctx_size] if ctx_out else ctx.raw[: len(ctx_in)] if ctx else None
    return -answer if answer < 0 else 0, retval, out, ctx_after


@contextlib.contextmanager
def only_capabilities(kept):
    """Within it these capabilities are effective, or all when `kept` is None."""
    if kept is None:
        yield
        return
    header = room(struct.pack("<II", 0x20080522, 0))
    before = room(bytes(24))
    libc.syscall(SYS_CAPGET, header, before)
    low_permitted, low_inheritable = struct.unpack_from("<II", before.raw, 4)
    high_permitted, high_inheritable = struct.unpack_from("<II", before.raw, 16)
    mask = sum(1 << names.CAPABILITIES.index(name.lower().removeprefix("cap_")) for name in kept)
    parts = (mask & 0xFFFFFFFF, low_permitted, low_inheritable, mask >> 32, high_permitted, high_inheritable)
    libc.syscall(SYS_CAPSET, header, room(struct.pack("<6I", *parts)))
    try:
        yield
    finally:
        libc.syscall(SYS_CAPSET, header, before)


class RingReader:
    """The consumer's side of a ring buffer."""

    def __init__(self, fd, size):
        page = mmap.PAGESIZE
        self.size = size
        self.consumer = mmap.mmap(fd, page)
        self.producer = mmap.mmap(fd, page + 2 * size, prot=mmap.PROT_READ, offset=page)

    def drain(self):
        at, end = (struct.unpack_from("<Q", side, 0)[0] for side in (self.consumer, self.producer))
        found = []
        while at < end:
            start = mmap.PAGESIZE + at % self.size
            length = struct.unpack_from("<I", self.producer, start)[0]
            if length & 1 << 31:
                break
            size = length & 0x3FFFFFFF
            is_discarded = length & 1 << 30
            found.append({"discarded": size} if is_discarded else {"value": self.producer[start + 8 : start + 8 + size].hex()})
            at += size + 8 + 7 & ~7
        struct.pack_into("<Q", self.consumer, 0, at)
        return found

    def close(self):
        self.consumer.close()
        self.producer.close()
