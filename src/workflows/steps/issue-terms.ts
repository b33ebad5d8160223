import type { Steps } from '../definitions/contract.js';

type IssueStep = Parameters<Steps['issueLicense']>[0];

/** Returns the terms of the request of an issue, the same for each attempt. */
export function issueTermsOf({ requested_at, ...terms }: IssueStep): Omit<IssueStep, 'requested_at'> {
  const hasPassed = requested_at !== undefined && Date.parse(terms.starts ?? '') <= requested_at;
  return hasPassed ? { ...terms, starts: undefined } : terms;
}
