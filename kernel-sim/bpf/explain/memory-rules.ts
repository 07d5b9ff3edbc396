import type { RefusalRule } from "./refusal-rule.ts";

const MAP_CHECK =
  "Compare the index with the size first, and go elsewhere when it is not below it: `if r2 > 7 goto out`. Compare the register that is used, not a copy that is changed afterwards.";

/** Loads and stores: where they may go, and what must have been there before. */
export const memoryRules: readonly RefusalRule[] = [
  {
    message: /^R(?<reg>\d+) invalid mem access '(?<type>\w+_or_null_?)'$/,
    rule: "What may be NULL is not followed: a lookup that finds nothing, a reservation that fails answer NULL.",
    repair:
      "Compare the register with 0 first: `if r0 == 0 goto out`. On the other way it is an address for certain.",
  },
  {
    message: /^R(?<reg>\d+) invalid mem access 'scalar'$/,
    rule: "A number is no address. Only what came to the program as a pointer, and is still one, can be followed.",
    repair:
      "Use the pointer itself. If there was one, look at the instruction that turned it into a number: pointers can only be moved, added to and compared, and a load from memory that is not a pointer field gives a number.",
  },
  {
    message: /^R(?<reg>\d+) invalid mem access '(?<type>.+)'$/,
    rule: "A pointer of kind $type is not there to be read or written through.",
    repair:
      "Follow the pointer that belongs to it: of a packet that is `data`, and `data_end` only ends the comparison; of a map it is the answer of `bpf_map_lookup_elem`.",
  },
  {
    message: /^R(?<reg>\d+) cannot write into (?<type>.+)$/,
    rule: "Memory of kind $type belongs to the kernel, and a program may only read it.",
    repair: "Write into the stack or into a map's value, or use the helper that makes this change.",
  },
  {
    message: /^R(?<reg>\d+) invalid sock access off=(?<off>-?\d+) size=(?<size>\d+)$/,
    rule: "Of a socket a program sees the fields of its documented structure, each in its place and size; there is none at offset $off of $size bytes.",
    repair:
      "Take the offset from the structure in `linux/bpf.h` (`struct bpf_sock`), and the width of the field.",
  },
  {
    message: /^R(?<reg>\d+) invalid zero-sized read: u64=\[(?<min>-?\d+),(?<max>-?\d+)\]$/,
    rule: "The helper wants to be given at least one byte, and the size may be 0 here.",
    repair: "Make sure that the size is not 0: `if r2 == 0 goto out` in front of the call.",
  },
  {
    message: /^invalid zero-sized read$/,
    rule: "The helper wants to be given at least one byte.",
    repair: "Pass the size of what the pointer points to.",
  },
  {
    message: /^R(?<reg>\d+) max value is outside of the allowed memory range$/,
    rule: "The largest value that the verifier believes possible must lie inside of the memory, not only those that the program will really meet.",
    repair: MAP_CHECK,
  },
  {
    message:
      /^R(?<reg>\d+) min value is negative, either use unsigned index or do a if \(index >=0\) check\.$/,
    rule: "The offset may be negative, and would then lie in front of the memory.",
    repair:
      "Read the index from a field without a sign (`*(u8 *)`, `*(u32 *)`), mask it (`r2 &= 7`), or compare it without a sign: `if r2 > 7 goto out` bounds it from both sides, `if r2 s> 7` from above only.",
  },
  {
    message: /^R(?<reg>\d+) min value is negative, either use unsigned or 'var &= const'$/,
    rule: "A size must not be negative, and this one may be.",
    repair: "Mask it (`r2 &= 63`), or compare it without a sign before the call.",
  },
  {
    message: /^R(?<reg>\d+) min value is outside of the allowed memory range$/,
    rule: "Even the smallest offset that is possible lies outside of the memory.",
    repair:
      "Look at the constant offset of the access and at the size of the object: the first byte has offset 0, and an access of 8 bytes at offset 8 needs 16.",
  },
  {
    message: /^R(?<reg>\d+) unbounded memory access, make sure to bounds check any such access$/,
    rule: "An offset into memory needs an upper bound that the verifier can see, and this one has none.",
    repair: MAP_CHECK,
  },
  {
    message: /^R(?<reg>\d+) unbounded memory access, use 'var &= const' or 'if \(var < const\)'$/,
    rule: "A size needs an upper bound that the verifier can see, and this one has none.",
    repair: "Mask it (`r2 &= 63`), or leave when it is too large: `if r2 > 64 goto out`.",
  },
  {
    message: /^R(?<reg>\d+) offset is outside of the packet$/,
    rule: "A byte of the packet may be touched only where a comparison with `data_end` has shown that it is there.",
    repair:
      "Compare the address *behind* the last byte that is read: `r4 = r2; r4 += 14; if r4 > r3 goto out`. What is behind the comparison may then touch 14 bytes from r2.",
    blame: "address",
  },
  {
    message: /^cannot write into packet$/,
    rule: "Programs of this type may read the packet, not change it.",
    repair:
      "Use a type that may (XDP, tc, lwt_xmit, sk_skb, sk_msg). Programs of type lwt_seg6local have `bpf_lwt_seg6_store_bytes`.",
    blame: "address",
  },
  {
    message: /^invalid bpf_context access off=(?<off>-?\d+) size=(?<size>\d+)$/,
    rule: "The context has fields of its own for each program type; this type has none that may be used like this at offset $off with $size bytes.",
    repair:
      "Take offset and width from the context's structure in `linux/bpf.h`. Some fields are only there for some hooks, may only be read, or only in their full width.",
    blame: "address",
  },
  {
    message: /^dereference of modified ctx ptr R(?<reg>\d+) off=(?<off>-?\d+) disallowed$/,
    rule: "The context is used through the pointer as it came: the kernel rewrites these accesses one by one, and must know each field.",
    repair:
      "Leave the register as it is, and put the offset into the access: `r2 = *(u32 *)(r1 +4)`.",
  },
  {
    message: /^negative offset ctx ptr R(?<reg>\d+) off=(?<off>-?\d+) disallowed$/,
    rule: "There is nothing in front of the context.",
    repair: "Use offsets from 0 on.",
  },
  {
    message: /^variable ctx access var_off=.* disallowed$/,
    rule: "Which field of the context is meant has to be known when the program is checked.",
    repair: "Use a constant offset; choose between fields with a branch.",
    blame: "address",
  },
  {
    message: /^invalid read from stack R(?<reg>\d+) off=(?<off>-?\d+) size=(?<size>\d+)$/,
    rule: "A function's stack reaches from r10-512 to r10-1; a read of $size bytes at offset $off does not lie inside.",
    repair:
      "Use offsets from -512 to -1, and count the width: 8 bytes at -8 are the last that fit.",
  },
  {
    message:
      /^invalid read from stack R(?<reg>\d+) off (?<off>-?\d+)\+(?<at>\d+) size (?<size>\d+)$/,
    rule: "The helper reads $size bytes of the stack from offset $off on, and byte $at of these may not be read: it belongs to a dynptr, an iterator or a saved interrupt flag, or, without CAP_PERFMON, it was not written on this path or is part of a saved pointer.",
    repair:
      "Fill the whole buffer before the call, its padding as well, and keep it apart from dynptrs and iterators.",
  },
  {
    message: /^invalid read from stack off (?<off>-?\d+)\+(?<at>\d+) size (?<size>\d+)$/,
    rule: "Byte $at of these $size bytes of the stack may not be read: it belongs to a dynptr, an iterator or a saved interrupt flag, or, without CAP_PERFMON, it was not written on this path.",
    repair:
      "Write all of them before they are read, and keep them apart from dynptrs and iterators.",
    blame: "address",
  },
  {
    message: /^invalid write to stack R(?<reg>\d+) off=(?<off>-?\d+) size=(?<size>\d+)$/,
    rule: "A function's stack reaches from r10-512 to r10-1; a write of $size bytes at offset $off does not lie inside.",
    repair:
      "Use offsets from -512 to -1, and count the width: 8 bytes at -8 are the last that fit. Large data belongs into a map.",
  },
  {
    message:
      /^invalid (?:unbounded )?variable-offset (?:read from|write to|indirect access to) stack R(?<reg>\d+)(?: .*)?$/,
    rule: "An access to the stack at a place that is computed must stay inside of the stack for every value that is possible, and what is read must have been written there.",
    repair:
      "Bound the offset from both sides before it is added to the frame pointer, and write all bytes that may be read first.",
  },
  {
    message: /^R(?<reg>\d+) variable stack access prohibited for !root, var_off=.*$/,
    rule: "Without CAP_PERFMON the place on the stack has to be a constant: a processor that guesses could read beside it.",
    repair: "Use a constant offset, or a map's value.",
  },
  {
    message: /^attempt to corrupt spilled pointer on stack$/,
    rule: "Without CAP_PERFMON a pointer that was saved on the stack must not be changed in part: what is left would tell something about an address of the kernel.",
    repair: "Overwrite all 8 bytes of the slot, or use another one.",
  },
  {
    message: /^invalid size of register spill$/,
    rule: "A pointer is saved on the stack as a whole.",
    repair: "Store it with 8 bytes, at an offset that is a multiple of 8.",
    blame: "operand",
  },
  {
    message: /^leaking pointer from stack off (?<off>-?\d+)$/,
    rule: "Without CAP_PERFMON a pointer must not be read back as a number: kernel addresses are not for users.",
    repair: "Load the slot with 8 bytes, as it was saved.",
  },
  {
    message: /^misaligned (?<what>\w+) access off .* size (?<size>\d+)$/,
    rule: "An access of $size bytes goes to an address that is a multiple of $size here: on the stack always, elsewhere where alignment is asked for.",
    repair: "Use another offset, or several narrower accesses.",
    blame: "address",
  },
  {
    message: /^invalid access to map value pointer, value_size=(?<value>\d+) off=(?<off>\d+)$/,
    rule: "An address inside of a map's value must lie inside: the value has $value bytes, and offset $off is behind them.",
    repair: "Use an offset below the size of the value.",
  },
  {
    message:
      /^(?<what>read from|write into) map forbidden(?:, value_size=\d+ off=-?\d+ size=\d+)?$/,
    rule: "The map was made with a flag that keeps programs from this (BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG), or its values are constant.",
    repair: "Make the map without the flag, or use another map for what changes.",
    blame: "address",
  },
  {
    message: /^write to change key R(?<reg>\d+) not allowed$/,
    rule: "A key of a map may be read, never changed: the map would not find it any more.",
    repair: "Copy it to the stack, change the copy, and insert that.",
  },
  {
    message: /^same insn cannot be used with different pointers$/,
    rule: "One instruction has one meaning: it cannot follow a pointer to the context on one path and one to something else on another, as the kernel rewrites it.",
    repair: "Give each path a load of its own, and join them behind it.",
    blame: "address",
  },
  {
    message: /^(?:only read from (?<what>\w+) is supported|only read is supported)$/,
    rule: "The kernel's own structures may be read through their types, not written.",
    repair: "Use the helper or kernel function that makes the change.",
    blame: "address",
  },
  {
    message: /^R(?<reg>\d+) is (?<what>\S+) invalid negative access: off=(?<off>-?\d+)$/,
    rule: "There is nothing in front of an object of the kernel's.",
    repair: "Use the offset of a field.",
  },
  {
    message: /^access beyond (?:the end of member .*|struct \S+ at off \d+ size \d+)$/,
    rule: "An access to a structure of the kernel's stays inside of one field.",
    repair:
      "Take offset and width of the field from BTF: `bpftool btf dump file /sys/kernel/btf/vmlinux format c`.",
    blame: "address",
  },
  {
    message: /^struct (?<name>\w+) doesn't have field at offset (?<off>\d+)$/,
    rule: "Accesses to struct $name are checked against its fields, and none begins at offset $off.",
    repair: "Take the offset of the field from BTF.",
    blame: "address",
  },
  {
    message: /^(?<what>bpf_\w+) cannot be accessed directly by load\/store$/,
    rule: "A `struct $what` in a value belongs to the kernel: only its helpers touch it.",
    repair: "Read and write the fields beside it, and leave its bytes alone.",
    blame: "address",
  },
];
