import { expect, test } from "vitest";
import { boot } from "../index.ts";

test("the members of a structure are listed by where they lie, with those that are kept", () => {
  const machine = boot({ seed: 1 });
  machine.spawn("/bin/true", {});
  machine.runUntilIdle();
  const members = machine.bpf.btf.members("task_struct");
  const named = (name: string) => members.find(({ member }) => member === name);
  // Offsets as pahole(1) gives them on a 6.18.
  expect(named("pid")).toEqual({
    member: "pid",
    type: "int",
    offset: 1264,
    bytes: 4,
    isKept: true,
  });
  expect(named("real_parent")).toMatchObject({ type: "struct task_struct *", isKept: true });
  expect(named("cgroups")).toMatchObject({ type: "struct css_set *", isKept: true });
  expect(named("stack")).toMatchObject({ type: "void *", offset: 32, isKept: false });
  expect(named("sched_reset_on_fork")).toMatchObject({ type: "u32 : 1", isKept: true });
  expect(members.map(({ offset }) => offset)).toEqual(
    members.map(({ offset }) => offset).sort((a, b) => a - b),
  );
  expect(() => machine.bpf.btf.members("no_such")).toThrow('the kernel has no struct "no_such"');
});
