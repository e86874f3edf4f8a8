/** Files that leave the page: saved on the device, or handed to another app. */

import { h } from "./dom.ts";

/** Save a file on the device. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name }).click();
  setTimeout(() => { URL.revokeObjectURL(url); }, 10_000);
}

/** Hand a file to an app that the person chooses or, where the browser can't, save it. */
export async function shareFile(content: Blob, name: string): Promise<void> {
  const shared = { files: [new File([content], name, { type: content.type })] };
  if (!("canShare" in navigator) || !navigator.canShare(shared)) saveFile(content, name);
  else await navigator.share(shared).catch((error: unknown) => {
    const givenUp = error instanceof DOMException && error.name === "AbortError";
    if (!givenUp) saveFile(content, name);
  });
}
