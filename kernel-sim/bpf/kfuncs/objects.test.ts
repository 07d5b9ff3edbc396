import { expect, test } from "vitest";
import { BpfMemory } from "../memory.ts";
import { ProgramObjects } from "./objects.ts";

test("references to what is no object, like the middle of one, are not counted", () => {
  const memory = new BpfMemory();
  const objects = new ProgramObjects(memory, () => {});
  const at = memory.alloc(64);
  objects.acquire(at + 24);
  objects.drop(at + 24);
  expect(memory.copyOut(at, 64)).toEqual(new Uint8Array(64));
});
