import { seatLimit, seatsInUse, seatMetric, type SeatPolicy, type SeatCounts } from '../licensing/index.js';

/** What is active besides the device that asks. */
export interface OtherActivations extends SeatCounts {
  /** Whether the user that it names has a seat on another device. */
  readonly sameUser: boolean;
}

/** The device as it will be, or as it is. */
export interface DeviceUnits {
  readonly units: number;
}

/** How many seats the device takes on top of the others. */
export function seatsRequired(terms: SeatPolicy, { units }: DeviceUnits, { sameUser }: OtherActivations): number {
  switch (seatMetric(terms)) {
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
export function decideSeat(terms: SeatPolicy, others: SeatCounts, required: number, held: number): Decision {
  const limit = seatLimit(terms);
  if (limit === null || required <= held || seatsInUse(terms, others) + required <= limit) return 'GRANT';
  return terms.evictionPolicy === 'OLDEST' && required <= limit ? 'EVICT' : 'REFUSE';
}

/** What decides about the seat of a device. */
export interface SeatRequest {
  readonly fingerprint: string;
  readonly user_id?: string | undefined;
  readonly units?: number | undefined;
}
