import author from "../../author.module.css";

interface FileTabsProps {
  url: string;
  paths: readonly string[];
  changed: readonly string[];
  current: string;
  onOpen: (path: string) => void;
}

/** The files of the document. Each is a link, so that it can be kept and opened beside. */
export function FileTabs({ url, paths, changed, current, onOpen }: FileTabsProps) {
  return (
    <nav className={author["tabs"]} aria-label="Files of the document">
      {paths.map((path) => (
        <a
          key={path}
          href={`${url}?file=${encodeURIComponent(path)}`}
          aria-current={path === current ? "page" : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
            event.preventDefault();
            onOpen(path);
          }}
        >
          {path}
          {changed.includes(path) && <span> changed</span>}
        </a>
      ))}
    </nav>
  );
}
