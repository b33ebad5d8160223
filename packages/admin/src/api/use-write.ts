import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useNotify } from '../parts/toasts';
import { useText } from '../text/texts';
import { confirmed, countReplays } from './client';

/** Resources that are read from the event log, which has a write soon after its answer. */
const FROM_LOG = ['events', 'license-files'];
const LOG_MS = 500;

/**
 * A write. When it has happened, what shows the named resources is read again, and a notice says so. Never optimistic, and never sent again
 * before it has ended, as by the second click of two.
 */
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
  const t = useText();
  const isReplay = useRef(false);
  const mutation = useMutation<Output, Error, Input>({
    mutationFn: async (input) => {
      const before = countReplays();
      const output = await confirmed(() => write(input));
      isReplay.current = countReplays() > before;
      return output;
    },
    onSuccess: async (output) => {
      if (isReplay.current) notify(t('write.replayed'));
      else if (done !== undefined) notify(done);
      onDone?.(output);
      const readAgain = (resources: readonly string[]) =>
        Promise.all(resources.map((resource) => client.invalidateQueries({ queryKey: [resource] })));
      setTimeout(() => void readAgain(FROM_LOG), LOG_MS);
      await readAgain([...changes, ...FROM_LOG]);
    },
  });
  const isSending = useRef(false);
  const { mutateAsync } = mutation;
  const mutate = (input: Input) => {
    if (isSending.current) return;
    isSending.current = true;
    mutateAsync(input)
      // The state of the mutation has the error.
      .catch(() => undefined)
      .finally(() => {
        isSending.current = false;
      });
  };
  return { ...mutation, mutate };
}
