"""Types of the running kernel, written as C."""
import functools
from struct import unpack_from

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, FUNC, FUNC_PROTO, TYPE_TAG, ENUM64 = 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 18, 19
MODIFIERS = (TYPEDEF, 9, 10, 11, TYPE_TAG)
STRUCTS = (STRUCT, UNION, FWD)
NUMBERS = {(1, 0): "u8", (1, 1): "s8", (2, 0): "u16", (2, 1): "s16", (4, 0): "u32", (4, 1): "int", (8, 0): "u64", (8, 1): "s64"}
TAGS = {"user": " __user", "rcu": " __rcu", "percpu": " __percpu"}
SIGNED, BOOL = 1, 4


class Type:
    def __init__(self, kind, name, vlen, kflag, size):
        self.kind, self.name, self.vlen, self.kflag, self.size = kind, name, vlen, kflag, size


@functools.cache
def types(path="/sys/kernel/btf/vmlinux"):
    with open(path, "rb") as file:
        raw = file.read()
    header = unpack_from("<HBBIIIII", raw)
    at, strings = header[3] + header[4], header[3] + header[6]
    end = at + header[5]

    def text(offset):
        return raw[strings + offset : raw.index(b"\0", strings + offset)].decode() if offset else ""

    found = [Type(0, "void", 0, 0, 0)]
    while at < end:
        name, info, size = unpack_from("<III", raw, at)
        type_ = Type(info >> 24 & 31, text(name), info & 0xFFFF, info >> 31, size)
        at += 12
        if type_.kind == INT:
            type_.data = unpack_from("<I", raw, at)[0]
        elif type_.kind == ARRAY:
            type_.element, _, type_.count = unpack_from("<III", raw, at)
        elif type_.kind in (STRUCT, UNION):
            rows = [unpack_from("<III", raw, at + 12 * i) for i in range(type_.vlen)]
            type_.members = [(text(row[0]), row[1], row[2] & 0xFFFFFF if type_.kflag else row[2], row[2] >> 24 if type_.kflag else 0) for row in rows]
        elif type_.kind == FUNC_PROTO:
            rows = [unpack_from("<II", raw, at + 8 * i) for i in range(type_.vlen)]
            type_.params = [(text(row[0]), row[1]) for row in rows]
        elif type_.kind == ENUM:
            rows = [unpack_from("<Ii", raw, at + 8 * i) for i in range(type_.vlen)]
            type_.values = [(text(row[0]), row[1]) for row in rows]
        at += {INT: 4, ARRAY: 12, STRUCT: 12 * type_.vlen, UNION: 12 * type_.vlen, ENUM: 8 * type_.vlen, ENUM64: 12 * type_.vlen}.get(type_.kind, 0)
        at += {FUNC_PROTO: 8 * type_.vlen, 14: 4, 15: 12 * type_.vlen, 17: 4}.get(type_.kind, 0)
        found.append(type_)
    return found


@functools.cache
def functions():
    found = {}
    for type_ in types():
        if type_.kind == FUNC:
            found.setdefault(type_.name, type_)
    return found


def plain(number):
    """Looks through names and qualifiers; the last name on the way, and the type."""
    name, type_ = "", types()[number]
    while type_.kind in MODIFIERS:
        name = type_.name if type_.kind == TYPEDEF else name
        type_ = types()[type_.size]
    return name, type_


def number_of(type_):
    encoding = type_.data >> 24
    return "bool" if encoding & BOOL else NUMBERS[(type_.size, encoding & SIGNED)]


def tagged(type_, name):
    is_union = type_.kind == UNION or (type_.kind == FWD and type_.kflag)
    return f"{'union' if is_union else 'struct'} {name}"


def type_text(number):
    name, type_ = plain(number)
    if type_.kind == 0:
        return "void"
    if type_.kind == INT:
        return number_of(type_)
    if type_.kind == PTR:
        return pointer_text(type_)
    if type_.kind in (ENUM, ENUM64):
        is_named = type_.name and type_.kind == ENUM and type_.size == 4
        return f"enum {type_.name}" if is_named else NUMBERS[(type_.size, 0)]
    if type_.kind in STRUCTS and (type_.name or name):
        # A structure of one number that only has the name of a typedef.
        return tagged(type_, type_.name or name) if type_.name or type_.size > 8 else NUMBERS[(type_.size, 0)]
    raise ValueError(f"no text for kind {type_.kind}")


def pointer_text(pointer):
    first = types()[pointer.size]
    _, target = plain(pointer.size)
    if target.kind in STRUCTS and target.name:
        return tagged(target, target.name) + (TAGS.get(first.name, "") if first.kind == TYPE_TAG and not first.kflag else "") + " *"
    if target.kind == PTR:
        return "void **"
    if target.kind == ENUM and target.name:
        return f"enum {target.name} *"
    return "void (*)(void)" if target.kind == FUNC_PROTO else "void *"


def declared(text, name):
    if text == "void (*)(void)":
        return f"void (*{name})(void)"
    return text + ("" if text.endswith("*") else " ") + name


def prototype(function, name):
    """Without the first argument of a tracepoint, which is the kernel's own."""
    proto = types()[functions()[function].size]
    params = [declared(type_text(number), param or "arg") if number else "void" for param, number in proto.params]
    if function.startswith("__probestub_"):
        params = params[1:]
    return f"{declared(type_text(proto.size), name)}({', '.join(params) or 'void'});"
