/** The face of the landing: an ink drawing along the average face of the mesh, measured with fine red lines. */

import { s } from "./dom.ts";

const WASH = [
  "M108 196C92 120 130 74 200 72C270 74 308 120 292 196C290 160 276 140 262 136C232 146 168 146 138 136C124 140 110 160 108 196Z",
  "M172 78C160 44 240 44 228 78C212 86 188 86 172 78Z",
];
const INK = [
  "M98 205C98 212 98 234 100 250C103 266 106 286 111 299C117 313 125 323 133 331C141 339 149 344 158 349C166 353 173 357 183 359C193 360 207 360 217 359C227 357 234 353 242 349C251 344 259 339 267 331C275 323 283 313 289 299C294 286 297 266 300 250C302 234 302 212 302 205",
  "M98 214C84 206 82 232 90 254C93 264 98 268 103 264M302 214C316 206 318 232 310 254C307 264 302 268 297 264",
  "M141 201C142 200 144 199 147 198C150 198 154 197 158 197C162 197 167 197 170 198C173 199 175 201 175 202",
  "M259 201C258 200 256 199 253 198C250 198 246 197 242 197C238 197 233 197 230 198C227 199 225 201 225 202",
  "M190 200C187 210 188 222 186 236M179 253C179 254 179 257 181 259C184 260 189 262 192 263C195 263 197 264 200 264C203 264 205 263 208 263C211 262 216 260 219 259C221 257 221 254 221 253",
  "M166 293C171 293 181 289 186 289C192 288 195 289 200 291C205 289 208 288 214 289C219 289 229 293 234 293",
  "M158 348C158 372 150 384 128 394M242 348C242 372 250 384 272 394",
  "M128 394C96 404 60 412 40 470M272 394C304 404 340 412 360 470M136 390L204 470M264 390L180 470",
];
const BROWS = ["M124 182C134 168 162 164 184 173C164 172 142 174 131 186Z", "M276 182C266 168 238 164 216 173C236 172 258 174 269 186Z"];
const FINE = [
  "M147 203C150 204 154 206 158 206C162 206 167 205 170 204M253 203C250 204 246 206 242 206C238 206 233 205 230 204",
  "M180 304C186 308 214 308 220 304",
];
const MEASURES = [
  "M78 144H322", "M78 176H322", "M78 264H322", "M78 360H322", "M200 120V372", "M98 205V330", "M302 205V330",
  "M141 201L200 264L259 201", "M168 293L200 360L232 293",
];
const PLACES: readonly (readonly [string, number, number])[] = [
  ["天庭", 200, 156], ["印堂", 200, 184], ["準頭", 200, 240], ["顴", 128, 246], ["顴", 262, 246], ["地閣", 200, 346],
];

/** Return the drawing; it means nothing that the words beside it don't say. */
export function inkFace(): SVGElement {
  const path = (kind: string) => (d: string): SVGElement => s("path", { class: kind, d, pathLength: 1 });
  const marks = PLACES.flatMap(([name, x, y]) => [
    s("circle", { class: "mark", cx: x, cy: y, r: 3.5 }),
    s("text", { class: "mark-name", x: x + 8, y: y + 4, lang: "zh-Hant" }, name),
  ]);
  return s(
    "svg",
    { class: "ink-face", viewBox: "30 36 340 434", "aria-hidden": "true" },
    ...WASH.map(path("wash")),
    ...INK.map(path("ink")),
    ...BROWS.map(path("brow")),
    s("circle", { class: "pupil", cx: 158, cy: 201, r: 4.5 }),
    s("circle", { class: "pupil", cx: 242, cy: 201, r: 4.5 }),
    ...FINE.map(path("fine")),
    ...MEASURES.map(path("measure-line")),
    ...marks,
  );
}
