// When this process itself stood still, because the machine or its own work held it: what it measured then says nothing about
// the server.
const TICK_MS = 50;
const STALL_MS = 500;

export function watchOwnStalls() {
  const stalls = [];
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > STALL_MS) stalls.push({ from: last, until: now });
    last = now;
  }, TICK_MS);
  return {
    /** Answers whether a request, by its end and duration, was under way during a stall. */
    stop() {
      clearInterval(timer);
      return ({ at, ms }) => stalls.some(({ from, until }) => from < at && until > at - ms);
    },
  };
}
