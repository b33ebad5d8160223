import { LicenseError } from './errors.js';
import type { Reason } from './signed-validation.js';

const HOUR_MS = 60 * 60 * 1000;
const RETRY_MS = 15_000;
const MIN_MS = 500;

/** A seat as the server describes it; the response has more members. */
export interface Activation {
  readonly activation_id: string;
  readonly license_id: string;
  readonly fingerprint: string;
  readonly status: string;
  readonly last_seen_at: string;
  /** Null: the seat needs no heartbeats. */
  readonly lease_expires_at: string | null;
  /** Of `activate` and `replace`: facts that do not change the result, such as a license key that was replaced. */
  readonly warnings?: readonly Reason[];
  /** Of `activate` and `replace`: the signed validation after it, if keys are pinned. */
  readonly proof?: string | null;
}

export interface HeartbeatOptions {
  readonly beat: () => Promise<Activation>;
  /** Takes a seat again after the lease ended, such as after a sleep; never after a deactivation. */
  readonly reactivate: () => Promise<Activation>;
  /** Reports the loss of the seat: the program should inform its user and stop. */
  readonly onLost: (error: LicenseError) => void;
}

/** Extends the lease in time, with jitter, so that many programs do not send at once. */
export class Heartbeat {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly beats: HeartbeatOptions,
    private activation: Activation,
  ) {
    this.schedule(pauseFor(activation));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(pauseMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.beat(), pauseMs * (0.8 + 0.2 * Math.random()));
    // In Node.js the timer does not keep a program alive.
    (this.timer as { unref?: () => void }).unref?.();
  }

  private async beat(): Promise<void> {
    try {
      this.activation = await this.beats.beat().catch((error: unknown) => {
        const code = error instanceof LicenseError ? error.problem?.code : undefined;
        const ended = code === 'HEARTBEAT_EXPIRED' || code === 'ACTIVATION_NOT_FOUND';
        // A heartbeat that was in flight when the seat was freed must not take it again.
        if (ended && !this.stopped) return this.beats.reactivate();
        throw error;
      });
      this.schedule(pauseFor(this.activation));
    } catch (error) {
      if (!(error instanceof LicenseError) || error.code === 'UNREACHABLE') {
        this.schedule(Math.min(RETRY_MS, pauseFor(this.activation)));
      } else if (!this.stopped) {
        this.stop();
        this.beats.onLost(error);
      }
    }
  }
}

/** Returns half of the lease by the server's clock alone; an hour without a lease. */
function pauseFor({ lease_expires_at, last_seen_at }: Activation): number {
  if (lease_expires_at === null) return HOUR_MS;
  const lease = Date.parse(lease_expires_at) - Date.parse(last_seen_at);
  return Math.min(HOUR_MS, Math.max(MIN_MS, lease / 2));
}
