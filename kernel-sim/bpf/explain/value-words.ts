import type { AbstractValue } from "../../api.ts";

/** What a kind of pointer points to, by the verifier's name for it. */
const POINTERS: Readonly<Record<string, string>> = {
  ctx: "the context that the program was called with",
  fp: "the program's own stack",
  map_ptr: "a map as a whole, not a value in it",
  map_value: "a value in a map",
  map_key: "a key of a map",
  pkt: "the packet's bytes",
  pkt_meta: "the metadata in front of the packet",
  pkt_end: "the end of the packet: it is there to be compared with",
  flow_keys: "what the dissector has found of the flow",
  sock: "a socket",
  sock_common: "the part that all sockets have",
  tcp_sock: "a TCP socket",
  xdp_sock: "an AF_XDP socket",
  tp_buffer: "a tracepoint's buffer",
  mem: "a piece of memory",
  ringbuf_mem: "a record reserved in a ring buffer",
  buf: "a buffer of the kernel's",
  func: "a function of the program",
  dynptr_ptr: "a dynptr",
  arena: "an arena",
};

const NUMBERS_MAX = (1n << 64n) - 1n;
const NUMBERS32_MAX = (1n << 32n) - 1n;

/** What a register holds, in words: `the number 5`, `the address of a value in a map, or NULL`. */
export function valueWords(value: AbstractValue | undefined): string {
  if (value === undefined) return "nothing: no instruction on this path has written it";
  if (value.type === "scalar") return numberWords(value);
  const isMaybeNull = value.type.endsWith("or_null") || value.type.includes("or_null_");
  const name = value.type.replace(/_?or_null_?/, "");
  const bare = name.replace(/^(?:rdonly_|user_|percpu_|rcu_|untrusted_|trusted_)+/, "");
  const what = POINTERS[bare] ?? (bare.startsWith("ptr_") ? "an object of the kernel's" : bare);
  const isUntrusted = name.includes("untrusted_");
  const trust = isUntrusted ? ", which may be gone" : "";
  return `the address of ${what}${trust}${isMaybeNull ? ", or NULL: nothing on this path has told which" : ""}`;
}

function numberWords({ umin, umax, smin, smax, tnum }: AbstractValue): string {
  if (umin === umax) return `the number ${smin < 0n ? smin : umin}`;
  if (umin === 0n && umax === NUMBERS_MAX && tnum.mask === NUMBERS_MAX) {
    return "a number of which nothing is known: it may be negative, and as large as 64 bits allow";
  }
  if (umin === 0n && umax === NUMBERS32_MAX) return "any number of 32 bits";
  if (smin < 0n && smax >= 0n) {
    return `a number that may be negative: from ${smin} to ${smax} with a sign`;
  }
  return smin < 0n ? `a number from ${smin} to ${smax}` : `a number from ${umin} to ${umax}`;
}
