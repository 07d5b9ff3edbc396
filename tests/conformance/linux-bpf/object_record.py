#!/usr/bin/env python3
"""Makes records of the programs in objects that `clang -target bpf -O2 -g` compiled: `object_record.py FILE.o... OUT.jsonl`.

A program is a function in a section named after its type (`xdp`, `tc`, `socket`). Maps are described by a structure of
numbers in the section `maps`: type, key_size, value_size, max_entries, map_flags. Calls of functions in `.text` and
relocations of maps are resolved; the records have no answers yet (record.py asks for them).
"""
import json
import struct
import sys

import names

TYPES = {"xdp": "xdp", "tc": "sched_cls", "socket": "socket_filter"}
SHT_REL, SHT_SYMTAB, STT_SECTION = 9, 2, 3


class Object:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.raw = file.read()
        at = struct.unpack_from("<Q", self.raw, 40)[0]
        count, strings = struct.unpack_from("<HH", self.raw, 60)
        headers = [struct.unpack_from("<IIQQQQIIQQ", self.raw, at + 64 * i) for i in range(count)]
        self.sections = headers
        self.section_names = [self.string(headers[strings][4] + header[0]) for header in headers]
        table = next(header for header in headers if header[1] == SHT_SYMTAB)
        names_at = headers[table[6]][4]
        rows = [struct.unpack_from("<IBBHQQ", self.raw, table[4] + at) for at in range(0, table[5], 24)]
        self.symbols = [(self.string(names_at + row[0]), row[1] & 15, row[3], row[4], row[5]) for row in rows]

    def string(self, at):
        return self.raw[at : self.raw.index(b"\0", at)].decode()

    def bytes_of(self, index):
        header = self.sections[index]
        return self.raw[header[4] : header[4] + header[5]]

    def relocations(self, index):
        for header in self.sections:
            if header[1] == SHT_REL and header[7] == index:
                for at in range(header[4], header[4] + header[5], 16):
                    place, info = struct.unpack_from("<QQ", self.raw, at)
                    yield place, self.symbols[info >> 32]

    def maps(self):
        if "maps" not in self.section_names:
            return [], {}
        index = self.section_names.index("maps")
        places = sorted({value for name, kind, section, value, _ in self.symbols if section == index and kind != STT_SECTION})
        kinds = {number: name for name, number in names.vmlinux().constants.items() if name.startswith("BPF_MAP_TYPE_")}
        found = []
        for place in places:
            type_, key_size, value_size, max_entries, flags = struct.unpack_from("<5I", self.bytes_of(index), place)
            name = kinds[type_].removeprefix("BPF_MAP_TYPE_").lower()
            sizes = {"key_size": key_size, "value_size": value_size, "max_entries": max_entries, "flags": flags}
            found.append({"type": name, **sizes})
        return found, {place: i for i, place in enumerate(places)}

    def records(self, source):
        maps, map_index = self.maps()
        text = self.section_names.index(".text") if ".text" in self.section_names else -1
        for index, section in enumerate(self.section_names):
            if section not in TYPES:
                continue
            code = bytearray(self.bytes_of(index))
            own = len(code)
            functions = self.bytes_of(text) if text >= 0 else b""
            code += functions
            for part, base in ((index, 0), (text, own)):
                for place, (_, _, target, value, _) in self.relocations(part) if part >= 0 else ():
                    self.relocate(code, base + place, target == text, value, own, map_index)
            yield {"id": f"{source}-{section}", "note": f"{source}, section {section}", "prog_type": TYPES[section], "maps": maps, "insns": code.hex()}

    def relocate(self, code, place, is_call, value, own, map_index):
        imm = struct.unpack_from("<i", code, place + 4)[0]
        if is_call:
            target = (own + value) // 8 + (imm + 1 if value == 0 else 0)
            struct.pack_into("<i", code, place + 4, target - place // 8 - 1)
        else:
            code[place + 1] |= 1 << 4
            struct.pack_into("<i", code, place + 4, map_index[value])


def main(arguments):
    *sources, target = arguments
    with open(target, "w") as out:
        for source in sources:
            for record in Object(source).records(source.rsplit("/", 1)[-1].removesuffix(".o")):
                out.write(json.dumps(record) + "\n")


main(sys.argv[1:])
