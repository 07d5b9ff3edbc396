// A door of its own: what client code enters by `#notebook/components` is loaded with every lecture.
export { Figure } from "./figure.tsx";
