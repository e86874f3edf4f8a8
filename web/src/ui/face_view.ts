/** A picture of a face, cut to the face, with lines and points drawn over it. */

import type { OverlayOut } from "@gwansang/client";
import type { Picture } from "../state.ts";
import { fill, h, s } from "./dom.ts";

export type Point = readonly [number, number];

const MARGIN = 0.22; // of the face on each side

export class FaceView {
  readonly element: HTMLElement;
  private readonly marks = s("g", {});
  private readonly picture: Picture;
  private readonly svg: SVGSVGElement;
  private readonly size: number;

  /** points: of the face, as fractions of the picture; label: what the picture shows. */
  constructor(picture: Picture, points: readonly Point[], label: string) {
    const { left, top, size } = frameOf(picture, points);
    this.picture = picture;
    this.size = size;
    this.svg = s(
      "svg",
      { viewBox: `${left} ${top} ${size} ${size}`, role: "img", "aria-label": label },
      s("image", { href: picture.url, x: 0, y: 0, width: picture.width, height: picture.height }),
      this.marks,
    );
    this.element = h("div", { class: "face-view" }, this.svg);
  }

  /** Replace what is drawn. */
  show(label: string, ...marks: SVGElement[]): void {
    this.svg.setAttribute("aria-label", label);
    fill(this.marks, ...marks);
  }

  /** Return a measured line with its points; it draws itself. */
  overlay({ type, points }: OverlayOut, kind: "main" | "other"): SVGElement {
    const dots = points.map((point) => this.dot(point, `dot ${kind}`));
    if (type === "points") return s("g", { class: `overlay ${kind}` }, ...dots);
    const d = this.path(points);
    const halo = s("path", { class: "halo", d });
    return s("g", { class: `overlay ${kind}` }, halo, s("path", { class: "line", d, pathLength: 1 }), ...dots);
  }

  /** Return a dot at a point of the face. */
  dot([x, y]: Point, kind: string, onclick?: () => void): SVGElement {
    const place = { cx: x * this.picture.width, cy: y * this.picture.height };
    return s("circle", { class: kind, ...place, r: this.size * (kind.includes("chosen") ? 0.016 : 0.009), onclick });
  }

  /** Return the line along some points as SVG writes it. */
  path(points: readonly Point[]): string {
    return points
      .map(([x, y], index) => `${index === 0 ? "M" : "L"}${(x * this.picture.width).toFixed(1)} ${(y * this.picture.height).toFixed(1)}`)
      .join("");
  }
}

/** Return the square of the picture that shows the face, in pixels. */
function frameOf(picture: Picture, points: readonly Point[]) {
  if (points.length === 0) {
    const size = Math.min(picture.width, picture.height);
    return { left: (picture.width - size) / 2, top: (picture.height - size) / 2, size };
  }
  const xs = points.map(([x]) => x * picture.width);
  const ys = points.map(([, y]) => y * picture.height);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const size = Math.max(right - left, bottom - top) * (1 + 2 * MARGIN);
  return { left: (left + right - size) / 2, top: (top + bottom - size) / 2 - size * 0.02, size };
}
