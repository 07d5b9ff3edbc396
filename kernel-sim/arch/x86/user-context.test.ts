import { expect, test } from "vitest";
import { runUntilTrap } from "./run.ts";
import { CODE, codeOf, DATA, userMachine } from "./test-machine.ts";
import { UserContext } from "./user-context.ts";

test("two programs take turns on a processor and do not disturb each other", () => {
  const { cpu, code, data } = userMachine();
  code.bytes.set(
    codeOf("mov %bx, %gs\n1: add %ecx, %eax\nadc %gs:0, %edx\ndec %esi\njnz 1b\nint $0x80"),
  );
  data.words[0] = 5;
  data.words[64] = 9;
  const alone: number[][] = [];
  const contexts = [0, 1].map((i) => {
    const context = new UserContext();
    context.start(CODE, DATA + 0x800);
    context.load(cpu);
    context.r.set([i, 0x40000000 + i, 0, cpu.setTls(6 + i, DATA + i * 256), 0, 0, 100]);
    context.save(cpu);
    context.r.set([i, 0x40000000 + i, 0, (6 + i) * 8 + 3, DATA + 0x800, 0, 100]);
    const whole = context.copy();
    whole.load(cpu);
    runUntilTrap(cpu, 10_000);
    whole.save(cpu);
    alone.push([...whole.r, whole.eip, whole.eflags]);
    return context;
  });
  const done = new Set<UserContext>();
  for (let budget = 1; done.size < 2; budget = (budget % 7) + 1) {
    for (const context of contexts) {
      if (done.has(context)) continue;
      context.load(cpu);
      if (runUntilTrap(cpu, budget).kind === "int") done.add(context);
      context.save(cpu);
    }
  }
  expect(contexts.map(({ r, eip, eflags }) => [...r, eip, eflags])).toEqual(alone);
});

test("a program starts as execve() leaves it: registers 0, interrupts on", () => {
  const { cpu } = userMachine();
  const context = new UserContext();
  context.start(CODE, DATA + 0x800);
  context.load(cpu);
  expect([...cpu.r.slice(0, 8)]).toEqual([0, 0, 0, 0, DATA + 0x800, 0, 0, 0]);
  expect([cpu.eip, cpu.eflags, cpu.cpl]).toEqual([CODE, 0x202, 3]);
});
