import type { ReactNode } from 'react';
import { ProblemError } from '../api/problem';
import { useText } from '../text/texts';
import { Button } from './button';
import { Dialog, DialogActions } from './dialog';

/** A dialog with a form of its own, which one write ends. */
export function FormDialog({
  title,
  hint,
  submitLabel,
  busy,
  disabled = false,
  danger = false,
  wide = false,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  hint?: ReactNode;
  submitLabel: string;
  busy: boolean;
  disabled?: boolean;
  danger?: boolean;
  wide?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <Dialog open onClose={onClose} title={title} hint={hint} wide={wide}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          // The dialog may have been opened by a form, which it is no part of.
          event.stopPropagation();
          onSubmit();
        }}
      >
        {children}
        <DialogActions>
          <Button onClick={onClose}>{danger ? t('back') : t('cancel')}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={busy} disabled={disabled}>
            {submitLabel}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Returns what the server found wrong with a field. */
export function faultOf(error: Error | null, name: string): string | undefined {
  return error instanceof ProblemError ? error.faults.get(name) : undefined;
}
