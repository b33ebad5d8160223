import type { Conflict } from '../api/use-guarded-write';
import { useText } from '../text/texts';
import { ChangedMeanwhile } from './changes';

interface Save<Input> {
  readonly conflict: Conflict | undefined;
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly mutate: (input: Input) => void;
}

/** Props of a form that saves by a guarded write: a change by somebody else is shown above its button. */
export function useSaving<Input>({ conflict, isPending, error, mutate }: Save<Input>) {
  const t = useText();
  return {
    blocked: conflict !== undefined,
    busy: isPending,
    error: conflict ? null : error,
    submitLabel: t('save'),
    notice: <ChangedMeanwhile conflict={conflict} action={t('changed.keepMine')} />,
    onSubmit: mutate,
  };
}
