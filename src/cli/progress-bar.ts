import { Presets, SingleBar } from 'cli-progress';

/** Shows the progress of a long task on standard error; without a terminal, as occasional lines. */
export async function withProgress<T>(
  total: number,
  unit: string,
  work: (progress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const format = `{bar} {percentage}% | {value} of {total} ${unit} | {eta_formatted} left`;
  const bar = new SingleBar(
    { format, noTTYOutput: true, notTTYSchedule: 5_000, hideCursor: null },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  let done = 0;
  try {
    return await work((more) => {
      done += more;
      if (done > bar.getTotal()) bar.setTotal(done);
      bar.update(done);
    });
  } finally {
    bar.stop();
  }
}
