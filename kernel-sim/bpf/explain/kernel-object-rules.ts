import type { RefusalRule } from "./refusal-rule.ts";

const FIELDS =
  "Take the name, offset and width of the field from BTF: `bpftool btf dump file /sys/kernel/btf/vmlinux format c`.";
const KPTR = "Store and load the whole pointer, at the field's own offset, with 8 bytes.";

/** Objects of the kernel that are followed by their types, and pointers to them that maps keep. */
export const kernelObjectRules: readonly RefusalRule[] = [
  {
    message:
      /^cannot access ptr member (?<member>\S+) with moff (?<moff>\d+) in struct (?<name>\S+) with off (?<off>\d+) size (?<size>\d+)$/,
    rule: "The field `$member` of struct $name is a pointer of 8 bytes at offset $moff: it is read as a whole, and this access takes $size bytes at offset $off.",
    repair:
      "Load all 8 bytes at offset $moff, and shift or mask the number if only a part is wanted.",
    blame: "address",
  },
  {
    message: /^R(?<reg>\d+) is of type (?<type>\S+) but (?<wanted>\S+) is expected$/,
    rule: "The function works on a struct $wanted, and the pointer is to a struct $type.",
    repair:
      "Pass the object itself, or a pointer that leads from here to a struct $wanted; look at the order of the arguments.",
  },
  {
    message:
      /^kernel function (?<name>\S+) args#(?<arg>\d+) expected pointer to (?:STRUCT|UNION) (?<wanted>\S+) but R(?<reg>\d+) has a pointer to \S+ (?<type>\S+)$/,
    rule: "$name works on a struct $wanted that it can trust to be there, at its start; this pointer is to struct $type.",
    repair: "Pass what an acquiring function answered, by the address of its start.",
  },
  {
    message: /^R(?<reg>\d+) (?:must be referenced or trusted|must be a rcu pointer)$/,
    rule: "The function follows its argument, so the object must be there for certain: acquired by this program, handed to it by the kernel, or read in a section of RCU. A pointer that was read from another object is none of these.",
    repair:
      "Acquire the object first (`bpf_task_acquire`, …) or read the pointer between `bpf_rcu_read_lock` and `bpf_rcu_read_unlock`, and compare the answer with 0.",
  },
  {
    message: /^release kernel function (?<name>\S+) expects refcounted PTR_TO_BTF_ID$/,
    rule: "$name gives back what this program has acquired, and this object was not.",
    repair: "Release what the acquiring function answered, once, and nothing else.",
    blame: 1,
  },
  {
    message:
      /^R(?<reg>\d+) is (?<type>\S+) invalid variable offset: off=(?<off>-?\d+), var_off=.*$/,
    rule: "Which field of an object is meant has to be known when the program is checked.",
    repair: "Use constant offsets, and choose between fields with a branch.",
  },
  {
    message: /^R(?<reg>\d+) is (?<type>\S+) access percpu memory: off=(?<off>-?\d+)$/,
    rule: "Each processor has its own copy of this object: the pointer is not the address of any of them.",
    repair: "Ask for a copy with `bpf_per_cpu_ptr` or `bpf_this_cpu_ptr`.",
  },
  {
    message: /^Cannot access kernel '(?<what>[^']+)' from non-GPL compatible program$/,
    rule: "The kernel's own structures are for programs under a licence that is compatible with the GPL.",
    repair: 'Say so when it is true: license "GPL".',
  },
  {
    message:
      /^(?:write access at off (?<off>\d+) with size (?<size>\d+)(?: beyond the member of \S+ ended at \d+)?|no write support to (?<name>\S+) at off \d+)$/,
    rule: "A few fields of this structure may be written by this program, each inside of its own bytes; this store goes elsewhere or beyond.",
    repair: `Write such a field with its own width, or call the helper for the change. ${FIELDS}`,
    blame: "address",
  },
  {
    message: /^direct access to (?<what>bpf_\w+) is disallowed$/,
    rule: "A `struct $what` belongs to the kernel: only its functions touch it.",
    repair: "Read and write the fields beside it, and leave its bytes alone.",
    blame: "address",
  },
  {
    message:
      /^(?:kptr access (?:misaligned expected=\d+ off=\d+|size must be BPF_DW|cannot have variable offset)|kptr in map can only be accessed using BPF_MEM instruction mode)$/,
    rule: "A field of a value that holds a pointer to an object of the kernel's is read and written as one pointer: 8 bytes, at a constant offset, by a plain load or store.",
    repair: KPTR,
    blame: "address",
  },
  {
    message: /^kptr cannot be accessed indirectly by helper$/,
    rule: "Helpers that copy bytes must not copy over a pointer to an object of the kernel's.",
    repair: "Pass only the bytes of the value beside that field.",
  },
  {
    message: /^store to referenced kptr disallowed$/,
    rule: "The field owns its object. A plain store would lose the old one, and nobody would release it.",
    repair: "Use `bpf_kptr_xchg`, and release what it answers.",
    blame: "operand",
  },
  {
    message: /^BPF_ST imm must be 0 when storing to kptr at off=(?<off>\d+)$/,
    rule: "The only constant that can be stored into a field for a pointer is 0, which means NULL.",
    repair: "Store 0, or a register that holds an object's address.",
  },
  {
    message: /^invalid kptr access, R(?<reg>\d+) type=(?<type>\S+) expected=(?<expected>.+)$/,
    rule: "The field's type says what it may point to: $expected. Here it is $type.",
    repair: "Store an object of that type, or change the type of the field.",
  },
  {
    message: /^off=(?<off>\d+) (?:doesn't point to kptr|kptr isn't referenced kptr)$/,
    rule: "`bpf_kptr_xchg` exchanges the object that a field owns (`__kptr`), and there is no such field at offset $off.",
    repair: "Pass the address of the field, and declare it with `__kptr`.",
    blame: 1,
  },
  {
    message: /^Possibly NULL pointer passed to helper arg(?<reg>\d+)$/,
    rule: "The helper follows its argument without looking, so it must not be NULL.",
    repair: "Compare it with 0 first: `if r$reg == 0 goto out`.",
  },
];
