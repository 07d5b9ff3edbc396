import { Deadline } from "./deadline.tsx";
import css from "./exercise.module.css";

interface NotOpenYetProps {
  opensAt: number;
  timeZone: string;
}

/** In the place of an exercise that has not opened. */
export function NotOpenYet({ opensAt, timeZone }: NotOpenYetProps) {
  return (
    <p className={css["say"]}>
      This exercise opens at <Deadline at={opensAt} timeZone={timeZone} />. What is asked stands
      here then; the lecture can be read now.
    </p>
  );
}
