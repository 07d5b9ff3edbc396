import type { ListedVersion } from "#server/authoring";
import desk from "../../../../class/class.module.css";
import { LocalTime } from "../../../../local-time.tsx";
import author from "../../../author.module.css";

interface VersionRowsProps {
  versions: readonly ListedVersion[];
  /** The two that are compared. */
  from: number;
  to: number;
}

export function VersionRows({ versions, from, to }: VersionRowsProps) {
  return (
    <div className={author["scroll"]}>
      <table className={desk["data"]}>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Version</th>
            <th scope="col">What has changed</th>
            <th scope="col">Author</th>
            <th scope="col">Stored</th>
            <th scope="col">Published</th>
            <th scope="col" className={desk["right"]}>
              Files changed
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.id}>
              {(["from", "to"] as const).map((name) => (
                <td key={name}>
                  <input
                    type="radio"
                    name={name}
                    value={version.number}
                    aria-label={`Compare ${name} version ${version.number}`}
                    defaultChecked={version.number === (name === "from" ? from : to)}
                  />
                </td>
              ))}
              <td>{version.number}</td>
              <td>{version.message}</td>
              <td>{authorText(version)}</td>
              <td>
                <LocalTime at={version.at.toISOString()} />
              </td>
              <td>
                {version.publishedAt !== undefined && (
                  <LocalTime at={version.publishedAt.toISOString()} />
                )}
              </td>
              <td className={desk["right"]}>{version.changed}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function authorText({ author: by, origin }: ListedVersion): string {
  return by ?? (origin === "folder" ? "The course's folder" : "Account deleted");
}
