/** Pictures in the browser: opened upright, made smaller, turned into JPEGs. */

import type { Picture } from "./state.ts";

export const UPLOAD_SIDE = 1600; // px; what a photo is scaled to before it is sent
export const SHOWN_SIDE = 900; // px; what is kept in the tab beside a reading
const QUALITY = 0.85;

/** Return a file as a bitmap, upright; rejects if the browser can't open it. */
export function openPicture(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
}

/** Return a canvas with the picture, its longer side at most `side` pixels. */
export function scaled(picture: ImageBitmap, side: number): HTMLCanvasElement {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Return the picture as a JPEG to show and to keep in the tab. */
export function shownPicture(picture: ImageBitmap, side: number = SHOWN_SIDE): Picture {
  const canvas = scaled(picture, side);
  return { url: canvas.toDataURL("image/jpeg", QUALITY), width: canvas.width, height: canvas.height };
}

/** Return the bytes of a kept picture. */
export function bytesOf(picture: Picture): Blob {
  const text = atob(picture.url.slice(picture.url.indexOf(",") + 1));
  return new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type: "image/jpeg" });
}
