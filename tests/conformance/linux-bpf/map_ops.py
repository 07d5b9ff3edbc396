"""Performs the map operations of one record, and answers the record with what the kernel said."""
import errno
import os
import struct

import linux

RESULTS = ("errno", "errno_name", "next_key", "keys", "count_out", "out_sorted")
BAD_FD = 1000


def recorded(record):
    session = Session()
    try:
        return {**record, "kind": "map_ops", "ops": [session.answered(op) for op in record["ops"]]}
    finally:
        for fd in session.opened:
            os.close(fd)


class Session:
    def __init__(self):
        self.names, self.maps, self.opened = {}, {}, []

    def answered(self, op):
        question = {key: value for key, value in op.items() if key not in RESULTS}
        if op["op"] in ("lookup", "lookup_and_delete"):
            question.pop("value", None)
        answer, results = getattr(self, op["op"])(op)
        number = -answer if answer < 0 else 0
        name = {"errno_name": linux.ERRNO_NAMES.get(number)} if number else {}
        return {**question, "errno": number, **name, **results}

    def fd(self, name):
        return self.names.get(name, BAD_FD)

    def keep(self, name, fd, map_=None):
        if fd >= 0:
            self.opened.append(fd)
            self.names[name] = fd
            self.maps[fd] = map_
        return fd, {}

    def create(self, op):
        map_ = op["map"]
        btf = 0
        if "btf" in map_:
            btf = linux.load_btf(bytes.fromhex(map_["btf"]))
            self.opened.append(btf)
        return self.keep(op["as"], linux.create_map(map_, self.fd(op["inner"]) if "inner" in op else 0, btf), map_)

    def prog_load(self, op):
        prog = {"license": "GPL", **op}
        return self.keep(op["as"], linux.load_program(prog, bytes.fromhex(op["insns"]), linux.room(bytes(1 << 16))))

    def sizes(self, op):
        """Of a key, of a value for one CPU, and the CPUs."""
        map_ = self.maps.get(self.fd(op["map"])) or {"type": "", "key_size": 8, "value_size": 64}
        size = map_["value_size"]
        return map_["key_size"], size, linux.CPUS if "percpu" in map_["type"] else 1

    def bytes_of(self, op, value):
        """What a value of the record is in memory."""
        if isinstance(value, list):
            return b"".join(bytes.fromhex(part).ljust(-(-len(part) // 16) * 8, b"\0") for part in value)
        if isinstance(value, str) and value.startswith("@"):
            return struct.pack("<i", self.fd(value[1:]))
        return bytes.fromhex(value) if value is not None else None

    def value_of(self, op, raw):
        _, size, cpus = self.sizes(op)
        if cpus == 1:
            return raw[:size].hex()
        stride = size + 7 & ~7
        return [raw[cpu * stride : cpu * stride + size].hex() for cpu in range(cpus)]

    def holds_objects(self, op):
        """Lookups answer ids there, which no two machines share."""
        type_ = (self.maps.get(self.fd(op["map"])) or {"type": ""})["type"]
        return type_ in ("prog_array", "array_of_maps", "hash_of_maps", "reuseport_sockarray", "sockmap", "sockhash")

    def room_for_value(self, op):
        _, size, cpus = self.sizes(op)
        return bytes((size + 7 & ~7) * cpus if cpus > 1 else size)

    def update(self, op):
        value = self.bytes_of(op, op["value"])
        return linux.element(linux.MAP_UPDATE, self.fd(op["map"]), hex_or_none(op.get("key")), value, op.get("flags", 0))[0], {}

    def look(self, command, op):
        value = bytes.fromhex(op["value_in"]) if "value_in" in op else self.room_for_value(op)
        answer, raw = linux.element(command, self.fd(op["map"]), hex_or_none(op.get("key")), value, op.get("flags", 0))
        has_value = answer >= 0 and "value_in" not in op and not self.holds_objects(op)
        return answer, {"value": self.value_of(op, raw)} if has_value else {}

    def lookup(self, op):
        return self.look(linux.MAP_LOOKUP, op)

    def lookup_and_delete(self, op):
        return self.look(linux.MAP_LOOKUP_AND_DELETE, op)

    def delete(self, op):
        return linux.element(linux.MAP_DELETE, self.fd(op["map"]), hex_or_none(op.get("key")), None, op.get("flags", 0))[0], {}

    def next_key(self, op):
        answer, raw = linux.element(linux.MAP_NEXT_KEY, self.fd(op["map"]), hex_or_none(op.get("key")), bytes(self.sizes(op)[0]))
        return answer, {"next_key": raw.hex()} if answer >= 0 else {}

    def keys_sorted(self, op):
        keys = linux.keys_of(self.fd(op["map"]), self.sizes(op)[0])
        return 0, {"keys": sorted(key.hex() for key in keys)}

    def freeze(self, op):
        return linux.ask(linux.MAP_FREEZE, "<I", self.fd(op["map"])), {}

    def info(self, op):
        info = linux.room(bytes(256))
        answer = linux.ask(linux.OBJ_GET_INFO, "<IIQ", self.fd(op["map"]), 256, linux.place(info))
        if answer < 0:
            return answer, {}
        parts = struct.unpack_from("<6I", info.raw)
        return 0, dict(zip(("type", "key_size", "value_size", "max_entries", "map_flags"), (parts[0], *parts[2:])))

    def batch(self, op):
        """In: `keys`, `values`, `count`, `flags`; the position goes on from the last batch when `continues` is set."""
        key_size = self.sizes(op)[0]
        value_size = len(self.room_for_value(op))
        count = op["count"]
        keys = b"".join(bytes.fromhex(key) for key in op.get("keys_in", []))
        values = b"".join(self.bytes_of(op, value) for value in op.get("values_in", []))
        key_room = linux.room(keys.ljust(count * key_size, b"\0"))
        value_room = linux.room(values.ljust(count * value_size, b"\0"))
        out = linux.room(bytes(max(key_size, 8)))
        position = getattr(self, "position", None) if op.get("continues") else None
        places = (linux.place(position), linux.place(out), linux.place(key_room), linux.place(value_room))
        block = linux.room(struct.pack("<QQQQIIQQ", *places, count, self.fd(op["map"]), op.get("elem_flags", 0), op.get("flags", 0)))
        answer = linux.bpf(linux.BATCHES[op["op"]], block)
        count_out = struct.unpack_from("<I", block.raw, 32)[0]
        self.position = out
        results = {"count_out": count_out}
        if "lookup" in op["op"] and answer in (0, -errno.ENOENT):
            values = (value_room.raw[i * value_size : (i + 1) * value_size] for i in range(count_out))
            pairs = [
                [key_room.raw[i * key_size : (i + 1) * key_size].hex(), None if self.holds_objects(op) else self.value_of(op, value)]
                for i, value in enumerate(values)
            ]
            results["out_sorted"] = sorted(pairs)
        return answer, results

    lookup_batch = lookup_and_delete_batch = update_batch = delete_batch = batch


def hex_or_none(text):
    return bytes.fromhex(text) if text is not None else None
