import { useBlocker } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { FieldValues, Path, UseFormReturn } from 'react-hook-form';
import { ProblemError } from '../api/problem';
import { useText } from '../text/texts';
import { Button } from './button';
import { Dialog, DialogActions } from './dialog';

/** Puts the faults that the server found at the fields that they are about. */
export function useServerFaults<T extends FieldValues>(
  { setError, setFocus }: UseFormReturn<T>,
  error: Error | null,
): void {
  useEffect(() => {
    if (!(error instanceof ProblemError)) return;
    const faults = [...error.faults];
    for (const [name, message] of faults) setError(name as Path<T>, { type: 'server', message });
    // A fault may be about no field of the form: the first that is about one gets the focus.
    for (const [name] of faults.reverse()) setFocus(name as Path<T>);
  }, [error, setError, setFocus]);
}

/** Asks before somebody leaves a form with changes that are not saved. */
export function LeaveGuard({ isDirty }: { isDirty: boolean }) {
  const t = useText();
  const blocker = useBlocker({ shouldBlockFn: () => isDirty, enableBeforeUnload: isDirty, withResolver: true });
  if (blocker.status !== 'blocked') return null;
  return (
    <Dialog open onClose={blocker.reset} title={t('leave.title')} hint={t('leave.hint')}>
      <DialogActions>
        <Button onClick={blocker.reset}>{t('leave.stay')}</Button>
        <Button look="danger" onClick={blocker.proceed}>
          {t('leave.leave')}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
