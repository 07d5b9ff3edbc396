/**
 * Which SVG a course may show: a drawing and nothing else. Pages draw it as an image, in which
 * nothing runs or is fetched, and its address answers with a policy that forbids both; here it is
 * refused whole, with the line and the reason, so that neither is needed.
 */
import sax from "sax";

export interface SvgProblem {
  readonly line: number;
  readonly message: string;
}

const SVG = "http://www.w3.org/2000/svg";
const XLINK = "http://www.w3.org/1999/xlink";

/** What draws, and what says in words what is drawn. No script, no HTML, no animation, no link. */
const ELEMENTS = new Set(
  (
    "svg g defs symbol use title desc metadata style switch path rect circle ellipse line polyline " +
    "polygon text tspan textPath image marker pattern mask clipPath linearGradient radialGradient " +
    "stop filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix " +
    "feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG " +
    "feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight " +
    "feSpecularLighting feSpotLight feTile feTurbulence"
  ).split(" "),
);

/** What drawing programs note beside the drawing: nobody reads it. */
const NOTES = new Set([
  "http://www.inkscape.org/namespaces/inkscape",
  "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
  "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  "http://creativecommons.org/ns#",
  "http://web.resource.org/cc/",
  "http://purl.org/dc/elements/1.1/",
  "http://www.serif.com/",
  "http://www.bohemiancoding.com/sketch/ns",
]);

const DEPTH_MAX = 60;
const NODES_MAX = 50_000;

/** The first thing in it that no picture may have; undefined: it may be shown. */
export function svgProblem(bytes: Uint8Array): SvgProblem | undefined {
  const text = decoded(bytes);
  if (text === undefined) return { line: 1, message: "the SVG is no UTF-8: store it as UTF-8" };
  const parser = sax.parser(true, { xmlns: true, position: true });
  let found: SvgProblem | undefined;
  let depth = 0;
  let nodes = 0;
  const refuse = (message: string) => {
    found ??= { line: parser.line + 1, message };
  };
  parser.onerror = (error) => {
    const [what = ""] = error.message.split("\n");
    refuse(`the SVG cannot be read (${what}): mend it`);
    parser.resume();
  };
  parser.ondoctype = () => refuse("the SVG has a <!DOCTYPE>: take it out");
  parser.onprocessinginstruction = ({ name, body }) => {
    if (name !== "xml") refuse(`the SVG has a <?${shown(name)}?>: take it out`);
    else if (/encoding\s*=\s*["'](?!utf-8["'])/i.test(body)) {
      refuse("the SVG is no UTF-8: store it as UTF-8");
    }
  };
  let isStyle = false;
  parser.onopentag = (tag) => {
    depth += 1;
    nodes += 1;
    if (depth > DEPTH_MAX || nodes > NODES_MAX)
      refuse("the SVG is too deep or too long: simplify it");
    const { uri, local, attributes } = tag as sax.QualifiedTag;
    if (depth === 1 && (uri !== SVG || local !== "svg")) {
      refuse(`the file begins with <${shown(tag.name)}>: write <svg xmlns="${SVG}">`);
    }
    if (NOTES.has(uri)) return;
    if (uri !== SVG || !ELEMENTS.has(local)) {
      refuse(`a picture has no <${shown(tag.name)}>: take it out`);
    }
    isStyle = local === "style";
    for (const attribute of Object.values(attributes)) {
      const problem = attributeProblem(local, attribute);
      if (problem !== undefined) refuse(`<${shown(tag.name)}>: ${problem}`);
    }
  };
  parser.onclosetag = () => {
    depth -= 1;
    isStyle = false;
  };
  const style = (css: string) => {
    if (isStyle && !isPlainStyle(css)) refuse("<style>: it fetches something: take that out");
  };
  parser.ontext = style;
  parser.oncdata = style;
  parser.write(text).close();
  return (
    found ??
    (nodes === 0 ? { line: 1, message: "the file holds no <svg>: store it again" } : undefined)
  );
}

function attributeProblem(
  element: string,
  { name, local, uri, value }: sax.QualifiedAttribute,
): string | undefined {
  if (/^on/i.test(local)) return `${shown(name)} runs something: take it out`;
  if (name === "xml:base") return "xml:base leads elsewhere: take it out";
  if (uri !== "" && uri !== XLINK) return undefined;
  if (local === "href" || local === "src") {
    if (/^#[^\s#]+$/.test(value)) return undefined;
    if (
      element === "image" &&
      /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=\s]+$/.test(value)
    ) {
      return undefined;
    }
    return `${shown(name)} leads to ${shown(value)}: only #names of the picture itself may stand there`;
  }
  return isPlainStyle(value) ? undefined : `${shown(name)} fetches something: take that out`;
}

/** Whether no style leads out of the picture: names of its own parts are all that it may use. */
function isPlainStyle(css: string): boolean {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, " ");
  if (/@import|expression\s*\(|image-set\s*\(|javascript:/i.test(plain)) return false;
  // An escape could spell any of these.
  if (/\\[0-9a-f]/i.test(plain)) return false;
  return [...plain.matchAll(/url\s*\(\s*["']?\s*(.?)/gi)].every(([, first]) => first === "#");
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Of somebody's text, as much as a message needs. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
