import { expect, test } from "vitest";
import { boot } from "../../index.ts";

test("top shows the busiest process first, with the shares of the time between two looks", () => {
  const machine = boot({ seed: 1, cpus: 1 });
  machine.install("/bin/hog", function* hog(sys) {
    yield* sys.compute(2_500_000_000);
  });
  const line = "hog & sleep 1; top -b -n 2 -d 1; kill %1";
  const shell = machine.spawn("/bin/sh", { argv: ["sh", "-c", line] });
  machine.runUntilIdle();
  const screens = shell.output.split(/^(?=top - )/m);
  expect(screens).toHaveLength(2);
  const [, second = ""] = screens;
  expect(second).toMatch(/^top - \d\d:\d\d:\d\d up 0 min, .* load average: [\d., ]+$/m);
  expect(second).toMatch(/^Tasks: +\d+ total, +2 running, +\d+ sleeping, +0 stopped, +0 zombie$/m);
  expect(second).toMatch(/^%Cpu\(s\): {1,2}(100|99)\.\d us, /m);
  const [busiest = ""] = second.split("COMMAND\n")[1]?.split("\n") ?? [];
  // PID USER PR NI VIRT RES SHR S %CPU %MEM TIME+ COMMAND, as procps prints them.
  expect(busiest).toMatch(
    /^ +\d+ root +20 +0 +\d+ +\d+ +\d+ R (100|99)\.\d +\d+\.\d +0:0[12]\.\d\d hog$/,
  );
});
