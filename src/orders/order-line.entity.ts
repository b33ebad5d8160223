import { isDeepStrictEqual } from 'node:util';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Line, type LineTerms, termsOf } from './line.entity.js';

/** Choices for the licenses of an order that is cancelled or refunded, from the mildest. */
export const WITHDRAWALS = ['KEEP', 'SUSPEND', 'REVOKE'] as const;
export type Withdrawal = (typeof WITHDRAWALS)[number];

/** Line of an order, with its fulfilment. */
@Entity('order_lines')
export class OrderLine extends Line {
  @PrimaryColumn('uuid', { name: 'order_id' })
  orderId!: string;

  /** Units that are fulfilled: licenses issued, or 1 for a license renewed or changed. */
  @Column('integer', { name: 'fulfilled_quantity' })
  fulfilledQuantity!: number;

  /** Licenses that the line issued, in the order of their issue. */
  @Column('uuid', { name: 'license_ids', array: true })
  licenseIds!: string[];

  @Column('boolean')
  refunded!: boolean;

  /** Action on the licenses of the line, of which `withdrawnQuantity` have it already. */
  @Column('text')
  withdrawal!: Withdrawal;

  /** Number of `licenseIds`, from the first, to which `withdrawal` has been done. */
  @Column('integer', { name: 'withdrawn_quantity' })
  withdrawnQuantity!: number;

  static create(tenantId: string, orderId: string, terms: LineTerms): OrderLine {
    return Object.assign(new OrderLine(), terms, {
      tenantId,
      orderId,
      fulfilledQuantity: 0,
      licenseIds: [],
      refunded: false,
      withdrawal: 'KEEP',
      withdrawnQuantity: 0,
    } as const);
  }

  /** Units that fulfilment still has to do. A refunded line has none. */
  get openQuantity(): number {
    return this.refunded ? 0 : this.quantity - this.fulfilledQuantity;
  }

  /** Licenses to which the withdrawal still has to be done. */
  get openWithdrawals(): readonly string[] {
    return this.withdrawal === 'KEEP' ? [] : this.licenseIds.slice(this.withdrawnQuantity);
  }

  /** Tells whether terms are those of the line but for times that have passed, each of which is left out or in the future. */
  allowsCorrection(terms: LineTerms, now: Date): boolean {
    const [times, wanted] = [timesOf(this), timesOf(terms)];
    const passed = this.openQuantity === 0 ? [] : TIMES.filter((name) => !!times[name] && new Date(times[name]) <= now);
    const isCorrect = (name: TimeName) => {
      const time = wanted[name];
      return time === undefined || time === times[name] || new Date(time ?? 0) > now;
    };
    return passed.every(isCorrect) && isDeepStrictEqual(comparable(this, passed), comparable(terms, passed));
  }

  /** Returns the pointer of an end in the terms that has passed, with which nothing can be issued; undefined: none has. */
  passedEnd(now: Date): string | undefined {
    if (this.openQuantity === 0) return undefined;
    const times = timesOf(this);
    return ENDS.find(({ name }) => !!times[name] && new Date(times[name]) <= now)?.pointer;
  }

  fulfil(quantity: number, licenseIds: readonly string[]): void {
    this.fulfilledQuantity += quantity;
    this.licenseIds = [...this.licenseIds, ...licenseIds];
  }

  /** Chooses what is done to the licenses. A milder choice than an earlier one changes nothing. */
  withdraw(choice: Withdrawal): void {
    if (WITHDRAWALS.indexOf(choice) <= WITHDRAWALS.indexOf(this.withdrawal)) return;
    this.withdrawal = choice;
    this.withdrawnQuantity = 0;
  }
}

/** Times of the terms of a line that may have passed when it is fulfilled. */
const TIMES = ['starts', 'expires_if_started_by', 'expiry_date'] as const;
type TimeName = (typeof TIMES)[number];
/** Those of them that end a license. A start that has passed is the time of the issue. */
const ENDS = [
  { name: 'expires_if_started_by', pointer: '/expires_if_started_by' },
  { name: 'expiry_date', pointer: '/overrides/expiry_date' },
] as const;

function timesOf({ issueTerms }: LineTerms): Readonly<Record<TimeName, string | null | undefined>> {
  const { starts, expires_if_started_by, overrides } = issueTerms ?? {};
  return { starts, expires_if_started_by, expiry_date: overrides?.expiry_date };
}

/** Returns the terms of a line without these times, to compare them. */
function comparable(line: LineTerms, without: readonly TimeName[]): object {
  const times = TIMES.map((name) => (without.includes(name) ? undefined : timesOf(line)[name]));
  const { expiry_date: _, ...overrides } = line.issueTerms?.overrides ?? {};
  return { ...termsOf(line), issueTerms: times, overrides: JSON.parse(JSON.stringify(overrides)) as object };
}
