import { SEGV_ACCERR, SEGV_MAPERR, SIGSEGV } from "kernel-sim";
import type { Access, Outcome } from "./contract.ts";

const PAGE = 4096n;
const KERNEL_HALF = 0xffff800000000000n;
const STACK_LIMIT = 8n * 1024n * 1024n;
const STACK_GUARD_GAP = 256n * PAGE;

interface Region {
  start: bigint;
  readonly end: bigint;
  readonly perms: string;
  readonly name: string;
}

export function judge(maps: string, accesses: readonly Access[]): readonly Outcome[] {
  const regions = parse(maps);
  /** Pages that are there, and whether for writing. */
  const pages = new Map<bigint, "reading" | "writing">();
  return accesses.map(({ address, kind }) => {
    const page = address - (address % PAGE);
    if (address >= KERNEL_HALF) return killed(SEGV_ACCERR);
    const region = regionOf(regions, address, page);
    if (region === undefined) return killed(SEGV_MAPERR);
    if (!isAllowed(region, kind)) return killed(SEGV_ACCERR);
    region.start = page < region.start ? page : region.start;
    const state = pages.get(page);
    if (state === "writing" || (state === "reading" && kind !== "write")) {
      return { outcome: "succeeds" };
    }
    pages.set(page, kind === "write" ? "writing" : "reading");
    return { outcome: "repaired" };
  });
}

function parse(maps: string): Region[] {
  const lines = maps.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [range = "", perms = "", , , , ...name] = line.split(/ +/);
    const [start = 0n, end = 0n] = range.split("-").map((digits) => BigInt(`0x${digits}`));
    return { start, end, perms, name: name.join(" ") };
  });
}

/** The region that has the address, or the stack that can grow to it. */
function regionOf(regions: readonly Region[], address: bigint, page: bigint): Region | undefined {
  if (address >= KERNEL_HALF) return undefined;
  const at = regions.findIndex(({ end }) => address < end);
  const region = regions[at];
  if (region === undefined || region.start <= address) return region;
  const below = regions[at - 1]?.end ?? 0n;
  const mayGrow =
    region.name === "[stack]" &&
    region.end - page <= STACK_LIMIT &&
    page >= below + STACK_GUARD_GAP;
  return mayGrow ? region : undefined;
}

function isAllowed({ perms }: Region, kind: Access["kind"]): boolean {
  if (kind === "write") return perms.includes("w");
  if (kind === "execute") return perms.includes("x");
  return /[rwx]/.test(perms);
}

function killed(code: number): Outcome {
  return { outcome: "killed", signal: SIGSEGV, code };
}
