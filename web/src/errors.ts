/** An error whose message is a sentence for people; that of any other error is not shown. */
export class ReadableError extends Error {}
