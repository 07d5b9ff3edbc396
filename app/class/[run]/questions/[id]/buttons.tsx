import type { QuestionAudience } from "#server/policies";
import controls from "../../../../controls.module.css";
import { removeTalk, settleQuestion, showQuestion } from "../actions.ts";

interface AnsweredButtonProps {
  question: string;
  isAnswered: boolean;
}

/** Each of these buttons takes back what it did before. */
export function AnsweredButton({ question, isAnswered }: AnsweredButtonProps) {
  return (
    <form action={settleQuestion}>
      <input type="hidden" name="question" value={question} />
      <button
        type="submit"
        className={controls["button"]}
        name="answered"
        value={isAnswered ? "no" : "yes"}
      >
        {isAnswered ? "Not answered after all" : "Mark as answered"}
      </button>
    </form>
  );
}

interface AudienceButtonProps {
  question: string;
  audience: QuestionAudience;
}

export function AudienceButton({ question, audience }: AudienceButtonProps) {
  const other = audience === "class" ? "staff" : "class";
  return (
    <form action={showQuestion}>
      <input type="hidden" name="question" value={question} />
      <button type="submit" className={controls["button"]} name="audience" value={other}>
        {other === "class" ? "Show to the class" : "Show to the staff alone"}
      </button>
    </form>
  );
}

interface RemoveButtonProps {
  question: string;
  /** Set when it is an answer that is taken away. */
  answer?: string;
  isRemoved: boolean;
}

export function RemoveButton({ question, answer, isRemoved }: RemoveButtonProps) {
  return (
    <form action={removeTalk}>
      <input type="hidden" name="question" value={question} />
      {answer !== undefined && <input type="hidden" name="answer" value={answer} />}
      <button
        type="submit"
        className={controls["button"]}
        name="removed"
        value={isRemoved ? "no" : "yes"}
      >
        {isRemoved ? "Bring back" : "Take away"}
      </button>
    </form>
  );
}
