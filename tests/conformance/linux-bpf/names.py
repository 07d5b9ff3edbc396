"""What the running kernel calls its numbers: program, map and attach types, helpers, functions."""
import functools
from struct import unpack_from

KINDS_WITH_MEMBERS = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
INT, ARRAY, STRUCT, FUNC, VAR, DECL_TAG, ENUM = 1, 3, 4, 12, 14, 17, 6
BEHIND = {INT: 4, ARRAY: 12, VAR: 4, DECL_TAG: 4}


class VmlinuxBtf:
    def __init__(self, path="/sys/kernel/btf/vmlinux"):
        with open(path, "rb") as file:
            raw = file.read()
        header = unpack_from("<HBBIIIII", raw)
        types_at = header[3] + header[4]
        self.raw, self.strings_at = raw, header[3] + header[6]
        self.functions, self.enums, self.others = {}, [], {}
        at, number = types_at, 1
        while at < types_at + header[5]:
            name, info, _ = unpack_from("<III", raw, at)
            kind, count = info >> 24 & 31, info & 0xFFFF
            if kind == FUNC:
                self.functions.setdefault(self.string(name), number)
            elif name:
                self.others.setdefault((kind, self.string(name)), number)
            if kind == ENUM:
                self.enums.append((at + 12, count))
            at += 12 + BEHIND.get(kind, 0) + KINDS_WITH_MEMBERS.get(kind, 0) * count
            number += 1

    def string(self, at):
        start = self.strings_at + at
        return self.raw[start : self.raw.index(b"\0", start)].decode()

    @functools.cached_property
    def constants(self):
        found = {}
        for at, count in self.enums:
            for place in range(at, at + 8 * count, 8):
                name, value = unpack_from("<Ii", self.raw, place)
                found.setdefault(self.string(name), value)
        return found


@functools.cache
def vmlinux():
    return VmlinuxBtf()


def constant(prefix, name):
    """A number stands for itself, a name for the kernel's constant: `xdp` is BPF_PROG_TYPE_XDP."""
    if name is None:
        return 0
    if isinstance(name, int):
        return name
    return vmlinux().constants[prefix + name.upper()]


def helper(name):
    return vmlinux().constants.get("BPF_FUNC_" + name.removeprefix("bpf_"))


def function(name):
    """The BTF id of a kernel function."""
    return vmlinux().functions[name]


@functools.cache
def symbols():
    """The first name of each address that holds code."""
    found = {}
    with open("/proc/kallsyms") as lines:
        for address, kind, name, *_ in map(str.split, lines):
            if kind in "tTwW":
                found.setdefault(int(address, 16), name)
    return found


@functools.cache
def call_base():
    return next(address for address, name in symbols().items() if name == "__bpf_call_base")


def symbol(distance):
    """The kernel function that a call leads to; a tail call is shown by its number as a helper."""
    return "bpf_tail_call" if distance == helper("tail_call") else symbols()[call_base() + distance]


def struct_type(name):
    return vmlinux().others[(STRUCT, name)]


def target(name):
    """The BTF id of what a program is to be attached to: a function, or a type by its name (`btf_trace_sched_switch`)."""
    found = vmlinux().functions.get(name)
    if found is not None:
        return found
    return next(number for (_, other), number in vmlinux().others.items() if other == name)


CAPABILITIES = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service "
    "net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct "
    "sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control "
    "setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
).split()
