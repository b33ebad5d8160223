import { seatLimit, seatsInUse, seatMetric, type SeatPolicy, type SeatCounts } from './seats.js';

/** Active activations of other devices. */
export interface OtherActivations extends SeatCounts {
  /** Whether the user of the request has a seat on another device. */
  readonly sameUser: boolean;
}

/** Units of a device, as requested or as stored. */
export interface DeviceUnits {
  readonly units: number;
}

/** Returns the seats that the device takes in addition to the others. */
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
 * Decides on a request for seats. A device keeps its held seats even if the limit was lowered, but gets no more. `held` is 0 for a new
 * device.
 */
export function decideSeat(terms: SeatPolicy, others: SeatCounts, required: number, held: number): Decision {
  const limit = seatLimit(terms);
  if (limit === null || required <= held || seatsInUse(terms, others) + required <= limit) return 'GRANT';
  return terms.evictionPolicy === 'OLDEST' && required <= limit ? 'EVICT' : 'REFUSE';
}

/** Fields of a request that decide on the seat of a device. */
export interface SeatRequest {
  readonly fingerprint: string;
  readonly user_id?: string | undefined;
  readonly units?: number | undefined;
}
