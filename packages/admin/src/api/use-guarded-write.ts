import { useState } from 'react';
import { changesBetween, type Change } from '../parts/changes';
import type { Guarded } from './client';
import { isCode } from './problem';
import { useWrite } from './use-write';

interface Versioned {
  readonly version: number;
}

export interface Conflict {
  readonly changes: readonly Change[];
  /** Takes the newest state as the one to change. */
  readonly accept: () => void;
}

/**
 * A write that happens only while the resource is as it was shown. If somebody else changed it meanwhile, `conflict` has the difference.
 */
export function useGuardedWrite<T extends Versioned, Input, Output>({
  resource,
  read,
  write,
  done,
  changes,
  onDone,
}: {
  resource: T;
  /** Reads the newest state; undefined if the resource is gone. */
  read: () => Promise<T | undefined>;
  write: (input: Input, base: Guarded<T>) => Promise<Output>;
  done?: string;
  changes: readonly string[];
  onDone?: (output: Output) => void;
}) {
  const [base, setBase] = useState(resource);
  const [newest, setNewest] = useState<T | undefined>();
  const mutation = useWrite<Input, Output>({
    write: async (input) => {
      try {
        return await write(input, base as Guarded<T>);
      } catch (error) {
        if (isCode(error, 'PRECONDITION_FAILED')) setNewest(await read());
        throw error;
      }
    },
    changes,
    done,
    ...(onDone && { onDone }),
  });
  const accept = () => {
    if (newest) setBase(newest);
    setNewest(undefined);
    mutation.reset();
  };
  const conflict: Conflict | undefined = newest && { changes: changesBetween(base, newest), accept };
  return { ...mutation, conflict, base };
}
