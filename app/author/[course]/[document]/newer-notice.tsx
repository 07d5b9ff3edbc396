import author from "../../author.module.css";

interface NewerNoticeProps {
  /** Number of the version that the draft lies over. */
  base: number;
  /** Number of the newest version. */
  head: number;
  /** The draft goes on elsewhere, over another version. */
  isOutdated: boolean;
  hasChanges: boolean;
  /** Of this page. */
  url: string;
  mergeUrl: string;
}

/** A version was stored since this page was opened, by somebody else or from another tab. */
export function NewerNotice(props: NewerNoticeProps) {
  const { base, head, isOutdated, hasChanges, url, mergeUrl } = props;
  return (
    <div role="status">
      {isOutdated ? (
        <p className={author["notice"]}>
          <span>
            You have gone on with this document in another tab or on another device.{" "}
            <a href={url}>Show how it is now</a>
          </span>
        </p>
      ) : (
        base < head && (
          <p className={author["notice"]}>
            <span>
              Version {head} was stored since you began with version {base}.{" "}
              {hasChanges ? (
                <a href={mergeUrl}>Bring both together</a>
              ) : (
                <a href={url}>Show version {head}</a>
              )}
            </span>
          </p>
        )
      )}
    </div>
  );
}
