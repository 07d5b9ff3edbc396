/** Why a run under checks has stopped, and what Linux's kernel would have done there. */
import type { Insn, UnverifiedStop } from "../../api.ts";
import { insnText } from "../disasm.ts";

/** What a running kernel does where this stops. */
export type LinuxOutcome = "oops" | "corruption" | "leak" | "hang" | "nothing";

export type FaultCause = UnverifiedStop["cause"];

/** An access that was not made, or a pointer that was not handed on. */
export interface FaultPlace {
  readonly access: "read" | "write" | "use";
  /** In bytes. */
  readonly size: number;
  /** Of 64 bits, as two words. */
  readonly low: number;
  readonly high: number;
  /** What lies there, in words. */
  readonly memory: string;
  /** "" where it is no object that the program may know. */
  readonly kind: string;
}

export interface Fault {
  readonly cause: FaultCause;
  readonly slot: number;
  /** The instruction in the kernel's notation; "" when there is none. */
  readonly text: string;
  /** -1: none is to blame. */
  readonly register: number;
  readonly low: number;
  readonly high: number;
  readonly place: FaultPlace | undefined;
  readonly message: string;
  readonly linux: { readonly outcome: LinuxOutcome; readonly text: string };
}

/** All but where it happened. */
export type FaultWords = Pick<Fault, "cause" | "message" | "linux"> &
  Partial<Pick<Fault, "register" | "place">>;

export function textAt(insns: readonly Insn[], slot: number): string {
  const isWhole = insns[slot]?.code !== 0x18 || insns[slot + 1] !== undefined;
  return insns[slot] !== undefined && isWhole ? insnText(insns, slot) : "";
}

/** 64 bits in hexadecimal, as Linux writes addresses. */
export function hex64(low: number, high: number): string {
  const word = (bits: number) => (bits >>> 0).toString(16).padStart(8, "0");
  return word(high) + word(low);
}

const PAGE_BYTES = 4096;
/** With five levels of page tables: bits 56 to 63 of an address are equal. */
const UPPER_SHIFT = 24;
const KERNEL_HALF = 0xff;

/** Addresses that no object has, as the CPU and then Linux take them. @linux arch/x86/mm/fault.c `show_fault_oops` (6.18) */
export function pageFault(low: number, high: number): Fault["linux"] {
  const address = hex64(low, high);
  if (high === 0 && low >>> 0 < PAGE_BYTES) {
    return oops(`BUG: kernel NULL pointer dereference, address: ${address}`);
  }
  const upper = high >>> UPPER_SHIFT;
  if (upper !== 0 && upper !== KERNEL_HALF) {
    return oops(`Oops: general protection fault, probably for non-canonical address 0x${address}`);
  }
  return oops(`BUG: unable to handle page fault for address: ${address}`);
}

/** What the address is, in words. */
export function placeText(low: number, high: number): string {
  if (high === 0 && low >>> 0 < PAGE_BYTES) return "the first page, which is never mapped";
  const upper = high >>> UPPER_SHIFT;
  if (upper === 0) return "addresses of user space";
  return upper === KERNEL_HALF ? "kernel addresses where nothing is" : "no address of this CPU";
}

export function oops(text: string): Fault["linux"] {
  return { outcome: "oops", text };
}
