/** Milliseconds that two clocks, both of which tick, drift apart in a millisecond at most. */
const MAX_DRIFT = 1e-4;

/**
 * Offset between the monotonic clock of the process and the time of another machine. That machine told its time somewhere between
 * request and answer, so each answer bounds the offset from both sides. The lowest offset within the bounds is taken: so the result is
 * never ahead of the other clock, and behind it by no more than an answer takes to arrive.
 */
export class ClockOffset {
  private offset: number | undefined;
  private observedAt = 0;

  /** Undefined before the first answer. */
  get value(): number | undefined {
    return this.offset;
  }

  observe(remote: number, requestedAt: number, answeredAt: number): void {
    const lowest = remote - answeredAt;
    const highest = remote - requestedAt;
    const before = this.offset ?? lowest;
    const drifted = before - Math.max(0, answeredAt - this.observedAt) * MAX_DRIFT;
    this.offset = Math.min(Math.max(drifted, lowest), highest);
    this.observedAt = answeredAt;
  }
}
