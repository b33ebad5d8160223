import type { TestDatabase } from './database.js';

export type Counted = 'activations' | 'units' | 'users';

/** A license and what is active of it, as a transaction left them. */
export interface SeatVersion extends Readonly<Record<Counted, number>> {
  /** Seats in use according to the license. */
  readonly stored: number;
  readonly max: number | null;
  readonly status: string;
  readonly customer: string;
}

/** Deferred to the commit, when all of the transaction is there and the license's row is still held. */
const WATCH = `
  CREATE TABLE seat_history (
    version bigserial, license_id uuid, stored int, max int, status text, customer text, activations int, units int, users int);
  CREATE FUNCTION note_seats() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO public.seat_history (license_id, stored, max, status, customer, activations, units, users)
    SELECT license_id, current_activations, max_activations, status, customer_id, there.*
    FROM public.licenses CROSS JOIN LATERAL (
      SELECT count(*), coalesce(sum(units), 0), count(DISTINCT user_id) FROM public.license_activations item
      WHERE item.license_id = licenses.license_id AND item.status = 'ACTIVE') AS there
    WHERE license_id = NEW.license_id;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER note_seats AFTER UPDATE ON licenses
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_seats()`;

/**
 * PostgreSQL itself writes down each version of a license as it is committed. Whoever changes the row holds it until then, so
 * the versions are in the order in which things took effect, whichever process did them: the log promises no such order.
 */
export class SeatHistory {
  private constructor(private readonly database: TestDatabase) {}

  static async watch(database: TestDatabase): Promise<SeatHistory> {
    await database.query(WATCH);
    return new SeatHistory(database);
  }

  of(licenseId: string): Promise<SeatVersion[]> {
    return this.database.query(
      `SELECT stored, max, status, customer, activations, units, users FROM seat_history
       WHERE license_id = $1 ORDER BY version`,
      [licenseId],
    );
  }
}

/**
 * Where the license tells another number than there is, or where one was taken that was not there to be taken. `seats` says how
 * many there are under a limit; null is no end of them.
 */
export function faultsOf(
  versions: readonly SeatVersion[],
  counted: Counted,
  seats: (max: number | null) => number | null,
): unknown[] {
  return versions.flatMap((version, at) => {
    const { [counted]: there, stored, max, status } = version;
    const isMore = there > (versions[at - 1]?.[counted] ?? 0);
    const mayBeMore = status === 'ACTIVE' && there <= (seats(max) ?? Infinity);
    return stored === there && (!isMore || mayBeMore) ? [] : [{ at, isMore, ...version }];
  });
}
