/** Maximum drift between two running clocks, in milliseconds per millisecond. */
const MAX_DRIFT = 1e-4;

/**
 * Offset between the monotonic clock and the time of another machine. That machine read its clock between request and response, which
 * bounds the offset; the lowest offset within the bounds is used, so the result is never ahead, and behind by at most the response time.
 */
export class ClockOffset {
  private offset: number | undefined;
  private observedAt = 0;

  /** Offset in milliseconds; undefined before the first observation. */
  get value(): number | undefined {
    return this.offset;
  }

  observe(remote: number, requestedAt: number, answeredAt: number): void {
    const lowest = remote - answeredAt;
    const highest = remote - requestedAt;
    const previous = this.offset ?? lowest;
    const drifted = previous - Math.max(0, answeredAt - this.observedAt) * MAX_DRIFT;
    this.offset = Math.min(Math.max(drifted, lowest), highest);
    this.observedAt = answeredAt;
  }
}
