export { KeptSubmissions } from "./kept-submissions.tsx";
