/** What an editor of a lecture's text knows of the course around it. */

/** Something wrong in a text, at its line (1-based), in the words of the publish gate. */
export interface TextProblem {
  readonly line: number;
  readonly message: string;
}

export interface AttributeWords {
  readonly name: string;
  readonly says: string;
  readonly isRequired: boolean;
  /** The only values that it may have; undefined: any text. */
  readonly values: readonly string[] | undefined;
}

/** A component that a text may use. */
export interface ComponentWords {
  readonly name: string;
  readonly says: string;
  /** Text stands between its tags. */
  readonly hasText: boolean;
  readonly attributes: readonly AttributeWords[];
}

/** A place that a link may lead to. */
export interface AnchorWords {
  readonly id: string;
  readonly says: string;
}

/** The names that the text of one document may use. */
export interface Vocabulary {
  readonly components: readonly ComponentWords[];
  /** Those in the folder of the lecture. */
  readonly exercises: readonly { readonly id: string; readonly title: string }[];
  readonly lectures: readonly {
    readonly slug: string;
    readonly title: string;
    readonly anchors: readonly AnchorWords[];
  }[];
  /** Names of the files in `pictures/`. */
  readonly pictures: readonly string[];
  readonly topics: readonly { readonly number: number; readonly title: string }[];
}
