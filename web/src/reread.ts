/** A reading of the same face anew: in another language, or with a year of birth. */

import { readFace, readKept } from "./api/calls.ts";
import type { FullReading } from "@gwansang/client";
import { bytesOf } from "./picture.ts";
import { change, state, type Result } from "./state.ts";

/** Read the same face again in the language of the page and keep the new reading in the tab. */
export async function readAgain(result: Result, birthYear: number | null): Promise<Result> {
  const reading = result.reading.kept ? await keptAgain(result, birthYear) : await faceAgain(result, birthYear);
  const renewed = { ...result, reading, birthYear };
  change({ result: renewed });
  return renewed;
}

/** Fetch a kept reading, which has no points, and put the points on it; only the years have to be read anew. */
async function keptAgain(result: Result, birthYear: number | null): Promise<FullReading> {
  const kept = withPointsOf(await readKept(result.reading.analysis_id), result.reading);
  const hasFace = result.mesh !== null || result.picture !== null;
  return birthYear === null || !hasFace ? kept : { ...kept, ages: (await faceAgain(result, birthYear)).ages };
}

function faceAgain({ reading, mesh, picture }: Result, birthYear: number | null): Promise<FullReading> {
  const anonymous = state.settings.guests; // else the same face would be kept and remembered twice
  const face = mesh ?? (picture === null ? null : bytesOf(picture));
  return face === null ? readKept(reading.analysis_id) : readFace(face, birthYear, { anonymous });
}

function withPointsOf(reading: FullReading, drawn: FullReading): FullReading {
  const parts = Object.entries(reading.parts_analysis).map(([id, part]) => {
    const known = drawn.parts_analysis[id]?.reasons ?? [];
    const reasons = part.reasons.map((reason) => ({ ...reason, ...overlaysOf(reason.measure, known) }));
    return [id, { ...part, reasons }] as const;
  });
  const palaces = reading.palaces.map((palace) => ({
    ...palace,
    points: drawn.palaces.find((each) => each.id === palace.id)?.points ?? [],
  }));
  return { ...reading, parts_analysis: Object.fromEntries(parts), palaces, kept: true, profile: drawn.profile };
}

type Reasons = FullReading["parts_analysis"][string]["reasons"];

function overlaysOf(measure: string, reasons: Reasons): Pick<Reasons[number], "overlay" | "overlays"> {
  const found = reasons.find((reason) => reason.measure === measure);
  return { overlay: found?.overlay ?? null, overlays: found?.overlays ?? [] };
}
