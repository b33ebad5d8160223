import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNotify } from '../parts/toasts';
import { confirmed } from './client';

/** A write. When it has happened, what shows the named resources is read again, and a notice says so. Never optimistic. */
export function useWrite<Input, Output>({
  write,
  done,
  changes,
  onDone,
}: {
  write: (input: Input) => Promise<Output>;
  done?: string | undefined;
  changes: readonly string[];
  onDone?: (output: Output) => void;
}) {
  const client = useQueryClient();
  const notify = useNotify();
  return useMutation<Output, Error, Input>({
    mutationFn: (input) => confirmed(() => write(input)),
    onSuccess: async (output) => {
      if (done !== undefined) notify(done);
      onDone?.(output);
      await Promise.all([...changes, 'events'].map((resource) => client.invalidateQueries({ queryKey: [resource] })));
    },
  });
}
