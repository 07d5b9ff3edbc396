import { CodeText } from "../cell/code-text.tsx";

interface FileTextProps {
  source: string;
  badLine: number | undefined;
}

/** A file, coloured and numbered. It ends with a line break: no empty line is drawn below that. */
export function FileText({ source, badLine }: FileTextProps) {
  return <CodeText source={source.replace(/\n$/, "")} hasNumbers badLine={badLine} />;
}
