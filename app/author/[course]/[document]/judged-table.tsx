import desk from "../../../class/class.module.css";
import author from "../../author.module.css";
import type { JudgedResult } from "../try-actions.ts";

type Judged = Extract<JudgedResult, { kind: "judged" }>;
type File = Judged["files"][number];

/** Files by tests: what each gets, and whether that is what it is there for. */
export function JudgedTable({ judged: { tests, files } }: { judged: Judged }) {
  return (
    <div className={author["scroll"]}>
      <table className={desk["data"]}>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col" className={desk["right"]}>
              Points
            </th>
            {tests.map(({ id, title }) => (
              <th scope="col" key={id} title={title}>
                {id}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <tr key={file.path}>
              <th scope="row">
                {file.path}
                {verdict(file) !== undefined && (
                  <span className={author["state"]} data-state="failed">
                    {" "}
                    {verdict(file)}
                  </span>
                )}
              </th>
              <td className={desk["right"]}>
                {file.score} of {file.max}
              </td>
              {tests.map(({ id }) => (
                <td key={id}>{file.tests[id] ?? "not run"}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What is wrong with the file's points; undefined: they are what it is there for. */
function verdict({ path, score, max, status, message }: File): string | undefined {
  if (path === "solution.ts") {
    return score < max ? `must get all points (${message ?? status})` : undefined;
  }
  if (score === max) return path === "starter.ts" ? "solves it" : "survives";
  return status === "compile-error" ? `does not compile (${message ?? ""})` : undefined;
}
