import type { ReactNode } from "react";
import {
  type ChartData,
  type MapData,
  MIME_CHART,
  MIME_MAP,
  MIME_TABLE,
  MIME_TERMINAL,
  MIME_TRACE,
  MIME_VERIFIER_LOG,
  type MimeBundle,
  type TableData,
  type TerminalData,
  type VerifierLogData,
} from "#notebook/document";
import { ChartOutput } from "./chart-output.tsx";
import { MapOutput } from "./map-output.tsx";
import { SvgOutput } from "./svg-output.tsx";
import { TableOutput } from "./table-output.tsx";
import { TerminalOutput } from "./terminal-output.tsx";
import { TextOutput } from "./text-output.tsx";
import { type TraceData, TraceOutput } from "./trace-output.tsx";
import { VerifierLogOutput } from "./verifier-log-output.tsx";

type Renderer = (bundle: MimeBundle) => ReactNode;

/**
 * One row for each mime type, the richest first. The runtime has checked the shape of our own
 * types before they left the sandbox. `text/html` has no row: it is never shown.
 */
const RENDERERS: readonly (readonly [mime: string, render: Renderer])[] = [
  [
    MIME_VERIFIER_LOG,
    (bundle) => <VerifierLogOutput log={bundle[MIME_VERIFIER_LOG] as VerifierLogData} />,
  ],
  [MIME_MAP, (bundle) => <MapOutput map={bundle[MIME_MAP] as MapData} />],
  [MIME_TRACE, (bundle) => <TraceOutput trace={bundle[MIME_TRACE] as TraceData} />],
  [MIME_CHART, (bundle) => <ChartOutput chart={bundle[MIME_CHART] as ChartData} />],
  [
    MIME_TERMINAL,
    (bundle) => (
      <TerminalOutput
        terminal={bundle[MIME_TERMINAL] as TerminalData}
        text={bundle["text/plain"]}
      />
    ),
  ],
  [MIME_TABLE, (bundle) => <TableOutput table={bundle[MIME_TABLE] as TableData} />],
  [
    "image/svg+xml",
    (bundle) => <SvgOutput svg={String(bundle["image/svg+xml"])} text={bundle["text/plain"]} />,
  ],
];

export function rendererFor(bundle: MimeBundle): Renderer {
  const found = RENDERERS.find(([mime]) => bundle[mime] !== undefined);
  return found?.[1] ?? ((plain) => <TextOutput text={plain["text/plain"]} />);
}
