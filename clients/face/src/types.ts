/** Instruction to a person at the camera; the names and the texts are those of the API's hints (`texts/<lang>/live.json`). */
export type Hint =
  | "too_dark"
  | "too_bright"
  | "no_face"
  | "several_faces"
  | "move_closer"
  | "move_away"
  | "center"
  | "tilt_left"
  | "tilt_right"
  | "turn_left"
  | "turn_right"
  | "chin_up"
  | "chin_down"
  | "hold_still"
  | "show_eyes"
  | "show_mouth"
  | "show_face"
  | "ready";

/** Region of a face that something covers, as `covered` of POST /api/v1/analysis/face names it. */
export type Region = "forehead" | "brows" | "eyes" | "nose" | "mouth" | "cheeks" | "jaw";

/** What a person should do, the most urgent first, or "ready" alone. */
export type Hints = readonly [Hint, ...Hint[]];

/** Numbers of one look, from which a hint and the choice of frames follow. */
export interface LookQuality {
  /** Probability of a face by the mesh network, 0-1. */
  presence: number;
  /** Width of the face in pixels of the picture, and as a share of the picture's short side. */
  faceWidthPx: number;
  faceShare: number;
  /** Distance of the face from the middle, in short sides of the picture. */
  offset: number;
  /** Turned to the subject's left, chin up and tilted to the subject's left are positive. */
  yawDeg: number;
  pitchDeg: number;
  rollDeg: number;
  /** Mean brightness of the face, 0-1. */
  luma: number;
  /** 95th percentile of the brightness, 0-1, and the share of the face that is white. */
  highlight: number;
  clipped: number;
  /** Variance of the Laplacian over that of the brightness, times 1000: the service refuses less than 3.5. */
  sharpness: number;
  /** Share of the face that something covers, 0-1. */
  coveredShare: number;
  /** Mean width of both irises in pixels; the ratio of two looks is that of their distances. */
  irisPx: number;
}

/** What one picture shows of a face, in pixels of the upright picture as it was given (not mirrored). */
export interface FaceLook {
  /** 478 landmarks, x, y and z each: the mean of a plain and a mirrored look. */
  points: Float32Array;
  /** 73 points that were found in the pixels, x and y each. */
  details: Float32Array;
  covered: Region[];
  width: number;
  height: number;
  faceCount: number;
  hints: Hints;
  quality: LookQuality;
}

/** What one quick look shows to a person at the camera; quality: null without a face. */
export interface Glance {
  readonly hints: Hints;
  readonly quality: LookQuality | null;
}

/** Body of POST /api/v1/analysis/face that stands for the picture; `birth_year` and `locale` may be added. */
export interface MeshInput {
  landmarks: [number, number, number][];
  landmark_looks: 2;
  detail_points?: [number, number][];
  covered?: Region[];
  image_width: number;
  image_height: number;
}

/** URLs of the files that faces are found with. */
export interface FaceFiles {
  runtime: string;
  wasm: string;
  detector: string;
  mesh: string;
  kernel: string;
}

/** Finds faces in pictures, in a worker; one call at a time, further ones wait. */
export interface FaceReader {
  /** Return what the picture shows, or null without a face. An ImageBitmap is closed. */
  read(image: ImageBitmap | ImageData): Promise<FaceLook | null>;
  /** Return the hints for a frame of the camera from one look, which costs half of `read`. An ImageBitmap is closed. */
  glance(image: ImageBitmap | ImageData): Promise<Glance>;
  /** End the worker. */
  close(): void;
}
