// The same as example.py with the generated TypeScript client: npm run example http://localhost:8000 photo.jpg
import { readFileSync } from "node:fs";
import {
  AccountsApi,
  AnalysisApi,
  Configuration,
  ErrorCode,
  LongWorkApi,
  ProblemFromJSON,
  ResponseError,
  SigningInApi,
  instanceOfBatchOut,
} from "./build/typescript-fetch/index.js";

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

async function main(basePath: string, photo: Blob) {
  const email = "typescript@example.com";
  const password = "correct horse battery";
  const anonymous = new Configuration({ basePath });
  await new AccountsApi(anonymous).register({ registration: { email, username: "minji", password } });
  const tokens = await new SigningInApi(anonymous).login({ username: email, password });
  const accessToken = `Bearer ${tokens.accessToken}`; // this generator writes the whole header as it gets it
  const signedIn = new Configuration({ basePath, accessToken });

  const analysis = new AnalysisApi(signedIn);
  const full = await analysis.analyzeUploadedFace({ file: [photo], locale: "en" });
  check(full.partsAnalysis?.["nose"]?.shapeId !== undefined, "a whole reading has its parts");
  check(full.aiGenerated === false, "no text is generated");
  const short = await analysis.analyzeUploadedFace({ file: [photo], detail: "short" });
  check(short.overallScore === full.overallScore && short.partsAnalysis === undefined, "short has no parts");
  const story = await analysis.analyzeUploadedFace({ file: [photo], detail: "story", locale: "en" });
  check((story.topics?.length ?? 0) > 0 && story.overallScore === undefined, "story has topics and no score");

  const refusal: unknown = await analysis.analyzeFace({ faceRequest: { image: "!" } }).catch((error) => error);
  check(refusal instanceof ResponseError, "an image that is no base64 is refused");
  const problem = ProblemFromJSON(await refusal.response.json());
  check(problem.error.code === ErrorCode.InvalidBase64, "the refusal names its code");

  const work = new LongWorkApi(signedIn);
  let task = await work.analyzeBatch({ file: [photo, photo] });
  const deadline = Date.now() + 60_000;
  while ((task.status === "queued" || task.status === "processing") && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    task = await work.readTask({ taskId: task.taskId });
  }
  check(task.result != null && instanceOfBatchOut(task.result), "a batch ends with its photos");
  check(task.result.read === 2, "both photos are read");
  check(task.createdAt instanceof Date, "times are dates");

  await new AccountsApi(signedIn).deleteMe({ reauthenticated: { currentPassword: password } });
  console.log(full.overallScore);
}

const [url, file] = process.argv.slice(2) as [string, string];
await main(url, new File([readFileSync(file)], "me.jpg", { type: "image/jpeg" }));
