import form from "./form.module.css";

interface FormMessageProps {
  /** What stands in the way of it; undefined: nothing. */
  problem: string | undefined;
  /** What has been done; undefined: nothing yet. */
  done?: string | undefined;
  id: string;
}

/** What became of a form that was sent. Its place is there before, so that it is read out. */
export function FormMessage({ problem, done, id }: FormMessageProps) {
  return (
    <div className={form["message"]} id={id} role="status">
      {problem !== undefined && <p className={form["problem"]}>{problem}</p>}
      {problem === undefined && done !== undefined && <p className={form["done"]}>{done}</p>}
    </div>
  );
}
