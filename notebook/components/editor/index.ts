export { CodeEditor } from "./code-editor.tsx";
export type { MdxServices } from "./mdx/mdx-services.ts";
