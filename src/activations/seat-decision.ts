import { seatLimit, seatsInUse, whatCounts, type SeatTerms, type Tally } from '../licensing/index.js';

/** What is active besides the device that asks. */
export interface Others extends Tally {
  /** Whether the user that it names has a seat on another device. */
  readonly sameUser: boolean;
}

/** The device as it will be, or as it is. */
export interface Weighed {
  readonly units: number;
}

/** How many seats the device takes on top of the others. */
export function weightOf(terms: SeatTerms, { units }: Weighed, { sameUser }: Others): number {
  switch (whatCounts(terms)) {
    case 'units':
      return units;
    case 'users':
      return sameUser ? 0 : 1;
    case 'activations':
      return 1;
  }
}

export type Decision = 'GRANT' | 'EVICT' | 'REFUSE';

/**
 * Whether a device may have the seats it asks for. What it already has it keeps, also where the limit was lowered since;
 * but it gets no more. `has` is what it holds now: 0 for a new one.
 */
export function decideSeat(terms: SeatTerms, others: Tally, wants: number, has: number): Decision {
  const limit = seatLimit(terms);
  if (limit === null || wants <= has || seatsInUse(terms, others) + wants <= limit) return 'GRANT';
  return terms.evictionPolicy === 'OLDEST' && wants <= limit ? 'EVICT' : 'REFUSE';
}
