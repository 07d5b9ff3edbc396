"""Structures of the running kernel as the simulator declares them: every member at its place, numbers without a name."""
import kernel_btf as btf

POINTER = 8
ENUM_BYTES = 4
ANONYMOUS = "__anon"


def values_text(enum):
    """A value is written where it is not one more than the one before."""
    texts, due = [], 0
    for text, value in enum.values:
        texts.append(text if value == due else f"{text}={value}")
        due = value + 1
    return ",".join(texts)


class Structs:
    def __init__(self, known, first_anonymous):
        """`known` are declared elsewhere; structures without a name are numbered from `first_anonymous` on."""
        self.known, self.next_anonymous = set(known), first_anonymous
        self.anonymous, self.lines, self.layouts = {}, [], {}

    def add(self, name):
        """A structure or union with all of its members."""
        self.declare(next(i for i, t in enumerate(btf.types()) if t.kind in (btf.STRUCT, btf.UNION) and t.name == name))

    def declare(self, number):
        """The text that names the structure, which is declared when it was not yet."""
        type_ = btf.types()[number]
        tag = "union" if type_.kind == btf.UNION else "struct"
        if not type_.name and number not in self.anonymous:
            self.anonymous[number] = f"{ANONYMOUS}{self.next_anonymous}"
            self.next_anonymous += 1
        name = type_.name or self.anonymous[number]
        if name not in self.known:
            self.known.add(name)
            members, natural = self.members(type_)
            size = "" if natural == type_.size else f"@{type_.size}"
            self.lines.append(f"{tag} {name}{{{members}}}{size};")
        return f"{tag} {name}"

    def members(self, struct):
        """Members as text, and how many bytes they take without being told where they are."""
        texts, end, alignment = [], 0, 1
        for name, number, bit_offset, bits in struct.members:
            text, (size, own) = self.member(name, number)
            if bits:
                texts.append(f"{text}:{bits}@{bit_offset};")
                continue
            alignment = max(alignment, own)
            natural = 0 if struct.kind == btf.UNION else -(-end // own) * own
            offset = bit_offset // 8
            texts.append(f"{text};" if offset == natural else f"{text}@{bit_offset};")
            end = max(end, offset + size)
        return "".join(texts), -(-end // alignment) * alignment

    def member(self, name, number):
        """How it is declared, its size and its alignment."""
        numbers = ""
        number, type_ = self.plain(number)
        count = 1
        while type_.kind == btf.ARRAY:
            numbers += f"[{type_.count}]"
            count *= type_.count
            number, type_ = self.plain(type_.element)
        if type_.kind == btf.PTR:
            return f"{self.pointer(type_)}{name}{numbers}", (POINTER * count, POINTER)
        if type_.kind in (btf.STRUCT, btf.UNION):
            text = self.declare(number)
            return f"{text} {name}{numbers}".rstrip(), (type_.size * count, self.alignment(type_))
        if type_.kind == btf.ENUM and type_.size == ENUM_BYTES:
            return f"enum {self.enum(number)} {name}{numbers}", (type_.size * count, type_.size)
        is_signed = type_.kind == btf.INT and type_.data >> 24 & btf.SIGNED
        text = btf.NUMBERS[type_.size, 1] if is_signed else f"u{type_.size * 8}"
        return f"{text} {name}{numbers}", (type_.size * count, type_.size)

    def enum(self, number):
        """Its name, or the number it has among what has none; its values are declared when they were not yet."""
        enum = btf.types()[number]
        if not enum.name and number not in self.anonymous:
            self.anonymous[number] = f"{ANONYMOUS}{self.next_anonymous}"
            self.next_anonymous += 1
        name = enum.name or self.anonymous[number]
        if f"enum {name}" not in self.known:
            self.known.add(f"enum {name}")
            self.lines.append(f"enum {name}{{{values_text(enum)}}};")
        return name

    def pointer(self, type_):
        number, target = self.plain(type_.size)
        if target.kind in (btf.STRUCT, btf.UNION) and not target.name:
            return f"{self.declare(number)} *"
        text = btf.pointer_text(type_)
        # Of what the kernel itself has no more than the name, nothing is known.
        return text if text.startswith(("struct", "union")) and target.kind != btf.FWD else "void *"

    def plain(self, number):
        while btf.types()[number].kind in btf.MODIFIERS:
            number = btf.types()[number].size
        return number, btf.types()[number]

    def alignment(self, struct):
        found = 1
        for _, number, _, bits in struct.members:
            _, type_ = self.plain(number)
            while type_.kind == btf.ARRAY:
                _, type_ = self.plain(type_.element)
            if not bits:
                is_struct = type_.kind in (btf.STRUCT, btf.UNION)
                found = max(found, self.alignment(type_) if is_struct else POINTER if type_.kind == btf.PTR else type_.size)
        return found
