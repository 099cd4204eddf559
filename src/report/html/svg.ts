import type { PlanReport } from "./report-data";
import { compose, type Chart, type DrawnChart, type Picture, type PictureName } from "./picture";
import { alternativesPicture } from "./alternatives-picture";
import { calibrationPicture } from "./calibration-picture";
import { memoryPicture } from "./memory-picture";
import { paretoPicture } from "./pareto-picture";
import { queuePicture } from "./queue-picture";
import { rackSvg } from "./rack-picture";
import { stepPicture } from "./step-picture";
import { tidy } from "./vega-svg";

/** Pictures by name; those without data are missing. */
export type Svgs = Partial<Record<PictureName, string>>;

/** Every picture of the report as an SVG document of its own. The same report gives the same bytes. */
export async function renderSvgs(report: PlanReport): Promise<Svgs> {
  const pictures = [
    paretoPicture(report),
    memoryPicture(report),
    queuePicture(report),
    stepPicture(report),
    alternativesPicture(report),
    calibrationPicture(report),
  ].filter((picture) => picture !== undefined);
  const svgs: Svgs = { rack: rackSvg(report.rack) };
  for (const picture of pictures) svgs[picture.name] = await drawPicture(picture);
  return svgs;
}

async function drawPicture(picture: Picture): Promise<string> {
  const drawn: DrawnChart[] = [];
  for (const [i, panel] of picture.panels.entries()) drawn.push(await drawChart(picture.name, i, panel.chart));
  return compose(picture, drawn);
}

/** Vega is large, so it is loaded when the first chart is drawn and not before. */
async function drawChart(name: PictureName, panel: number, { width, height, spec }: Chart): Promise<DrawnChart> {
  const [{ compile }, { parse, View }] = await Promise.all([import("vega-lite"), import("vega")]);
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return { inner: tidy(name, panel, svg), width, height };
}
