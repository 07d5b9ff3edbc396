import { exercise, type TestContext } from "exercise";
import { SEGV_ACCERR, SEGV_MAPERR, SIGSEGV } from "kernel-sim";

const MAPS = `55d0c0000000-55d0c0002000 r-xp 00000000 08:01 1234                       /usr/bin/cat
55d0c0002000-55d0c0003000 rw-p 00002000 08:01 1234                       /usr/bin/cat
55d0c0003000-55d0c0004000 ---p 00000000 00:00 0 
7ffd10000000-7ffd10021000 rw-p 00000000 00:00 0                          [stack]
`;

export default exercise("read-the-map", ({ test }) => {
  test("inside-or-outside", async (context) => {
    await expect(context, [
      ["read", 0x55d0c0000000n, "repaired"],
      ["read", 0x55d0bfffffffn, SEGV_MAPERR],
      ["read", 0x55d0c0004000n, SEGV_MAPERR],
      ["read", 0xffffffff81000000n, SEGV_MAPERR],
    ]);
  });

  test("permissions", async (context) => {
    await expect(context, [
      ["execute", 0x55d0c0000010n, "repaired"],
      ["write", 0x55d0c0000010n, SEGV_ACCERR],
      ["read", 0x55d0c0003000n, SEGV_ACCERR],
    ]);
  });

  test("first-touch", async (context) => {
    await expect(context, [
      ["read", 0x55d0c0002000n, "repaired"],
      ["read", 0x55d0c0002fffn, "succeeds"],
      ["write", 0x55d0c0002008n, "repaired"],
      ["write", 0x55d0c0002010n, "succeeds"],
    ]);
  });

  test("stack", async (context) => {
    await expect(context, [
      ["write", 0x7ffd0ffff000n, "repaired"],
      ["read", 0x7ffd0ffff800n, "succeeds"],
      ["write", 0x7ffd0f000000n, SEGV_MAPERR],
    ]);
  });

  test("everything", async (context) => {
    await expect(context, [
      ["execute", 0x55d0c0001000n, "repaired"],
      ["read", 0x55d0c0001004n, "succeeds"],
      ["write", 0x7ffd0fff0000n, "repaired"],
      ["read", 0x7ffd0fff8000n, "repaired"],
    ]);
  });
});

type Row = readonly [kind: string, address: bigint, wanted: string | number];

async function expect({ player, check }: TestContext, rows: readonly Row[]): Promise<void> {
  const accesses = rows.map(([kind, address]) => ({ kind, address }));
  const answer = await player.call("judge", MAPS, accesses);
  check(Array.isArray(answer), "judge answers an array of outcomes.");
  rows.forEach(([kind, address, wanted], i) => {
    const got = show((answer as readonly unknown[])[i]);
    const should =
      typeof wanted === "string"
        ? wanted
        : show({ outcome: "killed", signal: SIGSEGV, code: wanted });
    check(
      got === should,
      `After the accesses before it, ${kind} ${address.toString(16)} should be "${should}", not "${got}".`,
    );
  });
}

function show(outcome: unknown): string {
  if (typeof outcome !== "object" || outcome === null) return String(outcome);
  const { outcome: kind, signal, code } = outcome as Record<string, unknown>;
  if (kind !== "killed") return String(kind);
  if (signal !== SIGSEGV) return `killed by signal ${String(signal)}`;
  const why = code === SEGV_MAPERR ? "SEGV_MAPERR" : code === SEGV_ACCERR ? "SEGV_ACCERR" : code;
  return `killed, ${String(why)}`;
}
