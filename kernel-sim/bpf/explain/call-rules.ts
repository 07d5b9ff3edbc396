import type { RefusalRule } from "./refusal-rule.ts";

/** Calls of helpers, kernel functions and functions of the program. */
export const callRules: readonly RefusalRule[] = [
  {
    message: /^program of this type cannot use helper (?<name>\S+)#\d+$/,
    rule: "Each program type has its own set of helpers, by what makes sense where it runs, and $name is not in this one.",
    repair:
      "Use the type that has it, or a helper of this type for the same purpose. `bpftool feature probe` lists both.",
  },
  {
    message: /^invalid func (?<name>\S+)#-?\d+$/,
    rule: "There is no helper with this number.",
    repair: "Call helpers by name.",
  },
  {
    message: /^cannot call GPL-restricted function from non-GPL compatible program$/,
    rule: "Some helpers are for programs under a licence that is compatible with the GPL.",
    repair: 'Say so when it is true: license "GPL".',
  },
  {
    message: /^cannot pass map_type (?<type>\d+) into func (?<name>\S+)#\d+$/,
    rule: "Helpers and kinds of maps belong together, and $name does not work on a map of type $type.",
    repair: "Use the helper that goes with the map, or the kind of map that goes with the helper.",
  },
  {
    message: /^R(?<reg>\d+) does not point to a readonly map'$/,
    rule: "A format string must not change while it is used.",
    repair: "Keep it in a map that programs may not write (BPF_F_RDONLY_PROG) and that is frozen.",
  },
  {
    message: /^Invalid format string$/,
    rule: "A format takes the conversions that the kernel knows, as many as there are arguments.",
    repair: "Use %d, %u, %x, %s, %p and their long forms, and end the text with a zero byte.",
  },
  {
    message: /^expected prog array map for tail call$/,
    rule: "A tail call looks its target up in a program array.",
    repair: "Pass a map of type prog_array in r2.",
  },
  {
    message: /^tail_call cannot be used inside (?<what>\S+)-ed region$/,
    rule: "A tail call does not come back, so nobody would leave the region again.",
    repair: "Leave the region before the call.",
  },
  {
    message:
      /^tail_call is not allowed in subprogs without BTF$|^LD_ABS is not allowed in subprogs without BTF$/,
    rule: "These leave a function by a way that its caller does not see; without type information nobody can check what that means.",
    repair: "Compile with BTF (-g), or do it in the main function.",
  },
  {
    message:
      /^tail_calls are not allowed when call stack of previous frames is (?<bytes>\d+) bytes\. Too large$/,
    rule: "The frames of the callers stay on the stack during a tail call: they must take less than 256 bytes.",
    repair: "Use less stack in the functions above, or call from the main function.",
  },
  {
    message: /^combined stack size of (?<count>\d+) calls is (?<bytes>\d+)\. Too large$/,
    rule: "All functions that are active at a time share 512 bytes of stack, each rounded up; here they need $bytes.",
    repair:
      "Use less stack, keep large data in a map, or call fewer functions inside of each other.",
  },
  {
    message: /^stack size of subprog (?<index>\d+) is (?<bytes>\d+)\. Too large$/,
    rule: "A function has at most 512 bytes of stack.",
    repair: "Keep large data in a map.",
  },
  {
    message: /^the call stack of (?<count>\d+) frames is too deep(?: !)?$/,
    rule: "At most 8 functions may be active at a time.",
    repair: "Call fewer functions inside of each other. There is no recursion.",
  },
  {
    message: /^too many subprograms$/,
    rule: "A program has at most 256 functions.",
    repair: "Join some, or go on in another program by a tail call.",
  },
  {
    message: /^call to invalid destination$/,
    rule: "A call goes to an instruction of the program.",
    repair: "Call a label of the program.",
  },
  {
    message:
      /^(?:helper call might sleep in a non-sleepable prog|program must be sleepable to call sleepable kfunc (?<name>\S+))$/,
    rule: "The function may wait, and this program runs where nobody may.",
    repair:
      "Load the program as sleepable (BPF_F_SLEEPABLE) at a hook that allows it, or use a function that does not wait.",
  },
  {
    message: /^Sleepable programs can only use array, hash, ringbuf and local storage maps$/,
    rule: "While a program sleeps, the values of other maps could go away.",
    repair: "Use one of these kinds, or a program that does not sleep.",
  },
  {
    message: /^callback function not allowed for map$/,
    rule: "Not every kind of map can be walked through with a callback.",
    repair: "Use an array, a hash or their per-CPU and LRU kinds.",
  },
  {
    message: /^Caller passes invalid args into func#(?<index>\d+)(?: \('(?<name>\w+)'\))?$/,
    rule: "A global function is checked once, for all that its prototype allows; what the caller passes must fit it.",
    repair:
      "Pass what the prototype says: of a pointer, memory of the full size; the context unchanged.",
  },
  {
    message:
      /^arg#(?<arg>\d+) (?:expected pointer to ctx, but got (?<type>\S+)|pointer type .* must point to scalar, or struct with scalar|expected pointer to stack or const struct bpf_dynptr)$/,
    rule: "The kernel function's prototype says what argument $arg is, and this is something else.",
    repair: "Look at its prototype: `bpftool btf dump file /sys/kernel/btf/vmlinux`.",
  },
  {
    message: /^arg#(?<arg>\d+) arg#(?<size>\d+) memory, len pair leads to invalid memory access$/,
    rule: "Memory and its size belong together, and here the size goes beyond the memory.",
    repair: "Pass the size of the buffer, and bound it when it is computed.",
  },
  {
    message: /^Possibly NULL pointer passed to trusted arg(?<arg>\d+)$/,
    rule: "The kernel function follows its argument without looking, so it must not be NULL.",
    repair: "Compare it with 0 first.",
  },
  {
    message: /^calling kernel function (?<name>\S+) is not allowed$/,
    rule: "Only functions that the kernel has registered for this program type can be called, and $name is not one.",
    repair: "Use one that is, or the program type that it is registered for.",
  },
  {
    message: /^cannot call kernel function from non-GPL compatible program$/,
    rule: "Kernel functions are for programs under a licence that is compatible with the GPL.",
    repair: 'Say so when it is true: license "GPL".',
  },
  {
    message:
      /^(?:failed to find BTF for kernel function|kernel btf_id (?<id>\d+) is not a function|ldimm64 insn specifies invalid btf_id (?<other>-?\d+)\.|pseudo btf_id (?<third>-?\d+) in ldimm64 isn't KIND_VAR or KIND_FUNC)$/,
    rule: "Functions and variables of the kernel are named by their number in its BTF, and this number is none.",
    repair: "Let the loader find the number by name.",
  },
  {
    message: /^Unknown type ID (?<id>\d+) passed to kfunc (?<name>\S+)$/,
    rule: "$name wants the number of a type in the kernel's BTF.",
    repair: "Let the compiler write it: `bpf_core_type_id_kernel`.",
  },
  {
    message: /^invalid kernel function call not eliminated in verifier pass$/,
    rule: "A call of no function may stand only where no path comes by.",
    repair: "Let the loader put the number of a kernel function there.",
  },
  {
    message: /^(?<name>\S+)\(\) may write into memory pointed by R(?<reg>\d+) type=(?<type>\S+)$/,
    rule: "The function may write through this pointer, and the memory is not for that.",
    repair: "Copy the data to the stack, and pass the copy.",
  },
  {
    message: /^get_local_storage\(\) doesn't support non-zero flags$/,
    rule: "The second argument is kept for later, and must be 0.",
    repair: "`r2 = 0` in front of the call.",
  },
];
