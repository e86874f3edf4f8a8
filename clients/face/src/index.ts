export { averageLooks } from "./average.ts";
export { createFaceReader, decodePicture, FaceReaderUnavailable, type ReaderOptions } from "./reader.ts";
export type { FaceFiles, FaceLook, FaceReader, Glance, Hint, Hints, LookQuality, MeshInput, Region } from "./types.ts";
