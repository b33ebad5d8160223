/** Template of the sample data from which a license can be issued. */
export const TEMPLATE = 'team-yearly';

/** Names that no history may contain. */
export const NAMES = ['Wilhelmina', 'Quatermain'];

/** Person of a run. */
export const person = (runId) => ({
  first_name: NAMES[0],
  last_name: NAMES[1],
  email: `${runId}@lead.example`,
});

/** Creates the person of a run as a customer. Returns its id. */
export async function customerOf({ send }, runId) {
  return (await send('/customers', person(runId))).customer_id;
}

/** Answers to the attempts of a step, in their order: the status, and 'true' if the server replayed it. */
export const attemptsOf = ({ proxy }, key) =>
  proxy.requests.filter((request) => request.key === key).map(({ status, replayed }) => [status, replayed]);
