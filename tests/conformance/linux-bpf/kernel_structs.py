"""Structures of the running kernel as the simulator declares them: every member at its place, numbers without a sign."""
import kernel_btf as btf

POINTER = 8
ANONYMOUS = "__anon"


class Structs:
    def __init__(self, known, first_anonymous):
        """`known` are declared elsewhere; structures without a name are numbered from `first_anonymous` on."""
        self.known, self.next_anonymous = set(known), first_anonymous
        self.anonymous, self.lines, self.layouts = {}, [], {}

    def add(self, name, parts=None):
        """A structure with all of its members, or with these only."""
        number = next(i for i, t in enumerate(btf.types()) if t.kind == btf.STRUCT and t.name == name)
        self.declare(number, parts)

    def declare(self, number, parts=None):
        """The text that names the structure, which is declared when it was not yet."""
        type_ = btf.types()[number]
        tag = "union" if type_.kind == btf.UNION else "struct"
        if not type_.name and number not in self.anonymous:
            self.anonymous[number] = f"{ANONYMOUS}{self.next_anonymous}"
            self.next_anonymous += 1
        name = type_.name or self.anonymous[number]
        if name not in self.known:
            self.known.add(name)
            members, natural = self.members(type_, parts)
            size = "" if natural == type_.size else f"@{type_.size}"
            self.lines.append(f"{tag} {name}{{{members}}}{size};")
        return f"{tag} {name}"

    def members(self, struct, parts):
        """Members as text, and how many bytes they take without being told where they are."""
        texts, end, alignment = [], 0, 1
        for name, number, bit_offset, bits in struct.members:
            if parts is not None and name not in parts:
                continue
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
        is_signed = type_.kind == btf.INT and type_.data >> 24 & btf.SIGNED
        text = btf.NUMBERS[type_.size, 1] if is_signed else f"u{type_.size * 8}"
        return f"{text} {name}{numbers}", (type_.size * count, type_.size)

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
