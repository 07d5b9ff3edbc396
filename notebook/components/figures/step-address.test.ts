import { expect, test } from "vitest";
import { readStepAddress, stepAddress } from "./step-address.ts";

test("an address leads back to its place", () => {
  expect(readStepAddress("fig-x", stepAddress("fig-x", "loop", 6))).toEqual({
    id: "loop",
    position: 6,
  });
});

test.each(["", "#fig-x", "#fig-x/loop", "#fig-x/loop/", "#fig-x/loop/-1", "#fig-y/loop/7"])(
  "%j speaks of no place in the figure",
  (hash) => {
    expect(readStepAddress("fig-x", hash)).toBeUndefined();
  },
);
