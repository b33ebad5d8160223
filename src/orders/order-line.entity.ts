import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Line, type LineTerms } from './line.entity.js';

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
