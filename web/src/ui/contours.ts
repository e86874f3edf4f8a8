/** Lines of a face along vertices of the mesh, in the order in which they are drawn over it. */

type Line = readonly number[];

const OVAL: Line = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
  172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
];
const BROWS: readonly Line[] = [
  [70, 63, 105, 66, 107],
  [46, 53, 52, 65, 55],
  [300, 293, 334, 296, 336],
  [276, 283, 282, 295, 285],
];
const EYES: readonly Line[] = [
  [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33],
  [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263],
];
const IRISES: readonly Line[] = [
  [469, 470, 471, 472, 469],
  [474, 475, 476, 477, 474],
];
const NOSE: readonly Line[] = [
  [168, 6, 197, 195, 5, 4, 1, 19, 94, 2],
  [64, 98, 97, 2, 326, 327, 294],
  [129, 64, 98],
  [358, 294, 327],
];
const MOUTH: readonly Line[] = [
  [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291],
  [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291],
  [61, 78, 81, 13, 311, 308, 291],
];
const MEASURED: readonly Line[] = [
  [127, 356],
  [234, 454],
  [58, 288],
  [33, 263],
  [61, 291],
  [10, 168, 2, 152],
  [54, 127, 58],
  [284, 356, 288],
];

/** All lines: first the features, then what is measured between them. */
export const CONTOURS = [
  ...[OVAL, ...BROWS, ...EYES, ...IRISES, ...NOSE, ...MOUTH].map((vertices) => ({ kind: "face", vertices })),
  ...MEASURED.map((vertices) => ({ kind: "measure", vertices })),
];
