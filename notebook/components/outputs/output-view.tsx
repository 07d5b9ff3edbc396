import type { ReactNode } from "react";
import type { MimeBundle, Output } from "#notebook/document";
import { ErrorOutput } from "./error-output.tsx";
import css from "./outputs.module.css";
import { rendererFor } from "./renderers.tsx";
import { TextOutput } from "./text-output.tsx";

interface OutputViewProps {
  outputs: readonly Output[];
}

/**
 * What a run left behind, in the text flow. It has no state of its own, so that the server shows
 * stored outputs by it and the page fresh ones.
 */
export function OutputView({ outputs }: OutputViewProps) {
  return joinStreams(outputs).map(({ key, output }) => <OutputItem key={key} output={output} />);
}

function OutputItem({ output }: { output: Output }): ReactNode {
  switch (output.kind) {
    case "stream":
      return <TextOutput text={output.text} isError={output.stream === "stderr"} />;
    case "display":
    case "result":
      return <BundleOutput bundle={output.bundle} />;
    case "error":
      return <ErrorOutput name={output.name} message={output.message} frames={output.frames} />;
    case "truncated":
      return (
        <p className={css["truncated"]}>
          {kib(output.omittedBytes)} more were written and not kept: a run keeps a limited amount.
        </p>
      );
  }
}

function BundleOutput({ bundle }: { bundle: MimeBundle }) {
  return rendererFor(bundle)(bundle);
}

function kib(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : `${Math.ceil(bytes / 1024)} KiB`;
}

/** Lines that were written one after the other to the same stream are one text. */
function joinStreams(outputs: readonly Output[]): readonly { key: string; output: Output }[] {
  const joined: Output[] = [];
  for (const output of outputs) {
    const last = joined.at(-1);
    if (output.kind === "stream" && last?.kind === "stream" && last.stream === output.stream) {
      joined[joined.length - 1] = { ...last, text: last.text + output.text };
    } else {
      joined.push(output);
    }
  }
  return joined.map((output, place) => ({ key: `${place}:${output.kind}`, output }));
}
