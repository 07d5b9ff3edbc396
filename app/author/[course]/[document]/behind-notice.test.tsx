import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { BehindNotice } from "./behind-notice.tsx";
import { laidOver } from "./edited-files.ts";

test("a draft that has become a version is not called saved elsewhere", () => {
  const nothing = () => undefined;
  const shown = (theirs: Parameters<typeof BehindNotice>[0]["theirs"]) =>
    renderToStaticMarkup(
      <BehindNotice
        files={laidOver([], [])}
        base={[]}
        theirs={theirs}
        onMine={nothing}
        onTheirs={nothing}
      />,
    );
  expect(shown([])).toContain("This draft has become a version since");
  expect(shown([])).toContain("Take what is stored");
  const saved = shown([{ path: "task.mdx", kind: "text", text: "Add." }]);
  expect(saved).toContain("You have saved this draft in another tab");
});
