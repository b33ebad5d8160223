/** Wait of a run: `received` is how many messages the run has received in this execution. */
export interface RunWait {
  readonly workflowId: string;
  readonly received: number;
}

/** Longest time of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Interval at which all waits are checked, for those whose run was ended or deleted by somebody else. */
const CHECK_INTERVAL_MS = 30_000;

interface Wait extends RunWait {
  readonly deadline: number;
  readonly end: () => void;
}

/**
 * Waits of runs for their next message. The engine's own wait polls the database for each run and keeps its state meanwhile; these cost an
 * entry each, since the session that holds the executor's lock hears of every message.
 */
export class RunWaits {
  private readonly waits = new Map<string, Wait>();
  private unchecked: Wait[] = [];
  private isChecking = false;
  private timer: NodeJS.Timeout | undefined;
  private timerEndsAt = Infinity;

  /** `findReady` returns those whose wait is over: there is a message, it is recorded what the run received, or the run is open no more. */
  constructor(
    private readonly findReady: (waits: readonly RunWait[]) => Promise<readonly string[]>,
    private readonly onFailure: (error: unknown) => void,
  ) {
    setInterval(() => this.check([...this.waits.values()]), CHECK_INTERVAL_MS).unref();
  }

  /** Returns when there is something to receive, and at `deadline`, in milliseconds since 1970. */
  until(workflowId: string, received: number, deadline = Infinity): Promise<void> {
    // An earlier execution of the run, which another one has replaced, is refused by the engine when it goes on.
    this.end(workflowId);
    return new Promise((end) => {
      const wait = { workflowId, received, deadline, end };
      this.waits.set(workflowId, wait);
      this.endBy(deadline);
      this.check([wait]);
    });
  }

  /** Ends the wait of a run, which has got a message. */
  end(workflowId: string): void {
    const wait = this.waits.get(workflowId);
    this.waits.delete(workflowId);
    wait?.end();
  }

  /** Asks for waits that begin while it asks already in one statement, the next one. */
  private check(waits: readonly Wait[]): void {
    this.unchecked.push(...waits);
    if (this.isChecking) return;
    this.isChecking = true;
    this.checkAll()
      .catch(this.onFailure)
      .finally(() => {
        this.isChecking = false;
      });
  }

  private async checkAll(): Promise<void> {
    while (this.unchecked.length > 0) {
      const waits = this.unchecked.filter((wait) => this.waits.get(wait.workflowId) === wait);
      this.unchecked = [];
      for (const workflowId of await this.findReady(waits)) this.end(workflowId);
    }
  }

  private endBy(deadline: number): void {
    if (deadline >= this.timerEndsAt) return;
    clearTimeout(this.timer);
    this.timerEndsAt = deadline;
    this.timer = setTimeout(() => this.endDue(), Math.min(Math.max(deadline - Date.now(), 0), MAX_TIMER_MS));
  }

  private endDue(): void {
    this.timerEndsAt = Infinity;
    const now = Date.now();
    let next = Infinity;
    for (const { workflowId, deadline } of this.waits.values())
      if (deadline <= now) this.end(workflowId);
      else next = Math.min(next, deadline);
    this.endBy(next);
  }
}
