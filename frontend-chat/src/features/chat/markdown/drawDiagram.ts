/**
 * Draws Mermaid code as an SVG text, loaded with the first diagram. HAZARD: the result must only ever be shown as a picture
 * (`<img src="blob:…">`): there nothing of it can run, load or be clicked, whatever the code of a diagram says.
 */
import mermaid from 'mermaid';

const MAX_CODE_UNITS = 20_000;

export interface Drawn {
  svg: string;
  width: number;
  height: number;
}

let nDrawn = 0;
let queue: Promise<unknown> = Promise.resolve();

/** Raises for code that Mermaid cannot read. One after the other: Mermaid's settings are global. */
export function drawDiagram(code: string, isDark: boolean): Promise<Drawn> {
  const drawing = queue.then(() => draw(code, isDark));
  queue = drawing.catch(() => undefined);
  return drawing;
}

async function draw(code: string, isDark: boolean): Promise<Drawn> {
  if (code.length > MAX_CODE_UNITS) throw new Error('The diagram is too long.');
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    // Labels as SVG text: HTML inside a picture is drawn by some browsers only.
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    theme: isDark ? 'dark' : 'neutral',
    fontFamily: 'sans-serif',
  });
  const { svg } = await mermaid.render(`maru-diagram-${nDrawn++}`, code);
  return sized(svg);
}

/** A picture needs its own size; Mermaid writes "100%". */
function sized(svg: string): Drawn {
  const box = /viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg);
  const width = Math.ceil(Number(box?.[1] ?? 600));
  const height = Math.ceil(Number(box?.[2] ?? 400));
  const root = svg.replace(/^<svg([^>]*)>/, (_all, attributes: string) => {
    const others = attributes.replace(/\s(?:width|height)="[^"]*"/g, '');
    return `<svg${others} width="${width}" height="${height}">`;
  });
  return { svg: root, width, height };
}
