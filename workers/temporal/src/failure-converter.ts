import { DefaultFailureConverter } from '@temporalio/common';

/** Moves messages and stacks of failures into payloads, which are encrypted. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
