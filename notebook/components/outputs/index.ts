// A door of its own: cells fetch it with their first run, so no client code may bring it before.
export { OutputView } from "./output-view.tsx";
