import { expect, test } from "vitest";
import { boot, bpf } from "../../index.ts";
import { explainRefusal } from "./explain.ts";

const machine = boot();

function explained(text: string, maps = {}) {
  const report = machine.bpf.verify({ type: "xdp", program: bpf.asm(text), maps });
  return report.explanation;
}

test("a lookup that nobody has looked at: what it is, and which call has answered it", () => {
  const counts = machine.bpf.createMap({ type: "array", keySize: 4, valueSize: 8, maxEntries: 4 });
  const said = explained(
    `*(u32 *)(r10 -4) = 9
     r1 = map[counts]
     r2 = r10
     r2 += -4
     call bpf_map_lookup_elem
     r1 = *(u64 *)(r0 +0)
     r0 = 0
     exit`,
    { counts },
  );
  expect(said).toMatchObject({
    message: "R0 invalid mem access 'map_value_or_null'",
    value:
      "At instruction 6, `r1 = *(u64 *)(r0 +0)`, R0 is map_value_or_null(id=1,ks=4,vs=8): the address of a value in a map, or NULL: nothing on this path has told which.",
    origin: "R0 was made at 5, `call bpf_map_lookup_elem#1`",
  });
  expect(said?.repair).toContain("if r0 == 0 goto out");
});

test("a number that is added to a pointer: where it came from, and which check did not help", () => {
  const said = explained(
    `r2 = *(u32 *)(r1 +0)
     r3 = *(u32 *)(r1 +4)
     r4 = r2
     r4 += 14
     if r4 > r3 goto out
     r5 = *(u8 *)(r2 +13)
     if r5 s> 9 goto out
     r2 += r5
     r0 = *(u8 *)(r2 +14)
     out: r0 = 0
     exit`,
  );
  expect(said).toMatchObject({
    message: "R2 offset is outside of the packet",
    origin:
      "R2 was made at 7, `r2 += r5`; R5 was made at 5, `r5 = *(u8 *)(r2 +13)`; R2 was made at 0, `r2 = *(u32 *)(r1 +0)`",
  });
});

test("what only one of the paths leaves out is told by the comparison that led there", () => {
  const said = explained(
    `r6 = *(u32 *)(r1 +12)
     if r6 > 9 goto out
     r0 = 0
     out: r0 += 1
     exit`,
  );
  expect(said).toMatchObject({
    message: "R0 !read_ok",
    value:
      "At instruction 3, `r0 += 1`, R0 holds nothing: no instruction on this path has written it.",
    origin: "no instruction on this path writes R0",
  });
});

test("a function's argument is followed to its caller", () => {
  const said = explained(
    `r1 = 7
     call sub
     exit
     sub: r0 = *(u64 *)(r1 +0)
     exit`,
  );
  expect(said).toMatchObject({
    message: "R1 invalid mem access 'scalar'",
    value: "At instruction 3, `r0 = *(u64 *)(r1 +0)`, R1 is 7: the number 7.",
    origin: "R1 was made at 0, `r1 = 7`",
  });
});

test("a program that is accepted, and one that was never looked at", () => {
  expect(explained("r0 = 0; exit")).toBeUndefined();
  const program = bpf.asm("r0 = 0; exit");
  const report = machine.bpf.verify({ type: "xdp", program, name: "no such name!" });
  expect(report.explanation?.rule).toContain("The call itself is wrong");
});

test("what is read after the program's maps were closed is what would have been read before", () => {
  const attr = { type: "array", keySize: 4, valueSize: 8, maxEntries: 4 } as const;
  const counts = machine.bpf.createMap(attr);
  const program = bpf.asm(
    `*(u32 *)(r10 -4) = 9
     r1 = map[counts]
     r2 = r10
     r2 += -4
     call bpf_map_lookup_elem
     r1 = *(u64 *)(r0 +0)
     r0 = 0
     exit`,
  );
  const wanted = { type: "xdp", program, maps: { counts } } as const;
  const early = machine.bpf.verify(wanted).explanation;
  const loaded = machine.bpf.load(wanted);
  const report = machine.bpf.verify(wanted);
  counts.close();
  expect(loaded.ok ? undefined : loaded.explanation).toEqual(early);
  expect(report.explanation).toEqual(early);
  expect(report.steps.length).toBe(report.insnsProcessed);
  expect(report.stepsText).toContain("map_value_or_null");
});

test("a pointer into the packet that a call has ended, and one that a store has spoilt", () => {
  const moved = explained(
    `r6 = r1
     r7 = *(u32 *)(r1 +0)
     r8 = *(u32 *)(r1 +4)
     r2 = 0
     call bpf_xdp_adjust_head
     r3 = r7
     r3 += 1
     if r3 > r8 goto out
     r0 = *(u8 *)(r7 +0)
     out: r0 = 1
     exit`,
  );
  expect(moved?.origin).toContain(
    "R7 was a pointer (pkt) until 4, `call bpf_xdp_adjust_head#44`, ended it",
  );
  expect(moved?.repair).toContain("load `data` and `data_end` from the context again");
  const spoilt = explained(
    `*(u64 *)(r10 -8) = r1
     *(u8 *)(r10 -8) = 0
     r2 = *(u64 *)(r10 -8)
     r0 = *(u32 *)(r2 +0)
     exit`,
  );
  expect(spoilt?.origin).toBe(
    "R2 was made at 2, `r2 = *(u64 *)(r10 -8)`; the stack at fp-8 was written at 1, `*(u8 *)(r10 -8) = 0`, over a part of the pointer (ctx()) that was saved there",
  );
  expect(spoilt?.repair).toContain("all 8 bytes of its slot");
});

test("a record that is not given back, and a section that is not left, are traced to their calls", () => {
  const ring = machine.bpf.createMap({
    type: "ringbuf",
    keySize: 0,
    valueSize: 0,
    maxEntries: 4096,
  });
  const leak = explained(
    `r1 = map[ring]
     r2 = 8
     r3 = 0
     call bpf_ringbuf_reserve
     if r0 == 0 goto out
     r6 = r0
     out: r0 = 1
     exit`,
    { ring },
  );
  expect(leak).toMatchObject({
    value: "At instruction 8, `exit`, reference 2 is still held, in R6.",
    origin:
      "it was acquired at 4, `call bpf_ringbuf_reserve#131`: the address of a record reserved in a ring buffer",
  });
  expect(leak?.repair).toContain("`bpf_ringbuf_submit` or `bpf_ringbuf_discard`");
  const open = explained(`r6 = r1; call bpf_rcu_read_lock; r0 = 1; exit`);
  expect(open).toMatchObject({
    value: "At instruction 3, `exit`, the section is still open.",
    origin: expect.stringMatching(/^it was entered at 1, `call bpf_rcu_read_lock/),
  });
});

test("a part of a pointer of the kernel's is explained by its field", () => {
  const message = "cannot access ptr member next with moff 0 in struct list_head with off 4 size 4";
  expect(explainRefusal(message, 13, [], [])?.rule).toContain(
    "The field `next` of struct list_head is a pointer of 8 bytes at offset 0",
  );
});
