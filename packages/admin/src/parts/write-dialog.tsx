import type { ReactNode } from 'react';
import {
  Controller,
  get,
  useForm,
  type Control,
  type DefaultValues,
  type FieldValues,
  type Path,
  type UseFormReturn,
} from 'react-hook-form';
import type { Conflict } from '../api/use-guarded-write';
import { ChangedMeanwhile } from './changes';
import { FormDialog } from './form-dialog';
import { useServerFaults } from './form-state';
import { ReasonFields, type Reason } from './reason-fields';
import { Fault } from './states';

interface Write<F> {
  readonly mutate: (input: F) => void;
  readonly isPending: boolean;
  readonly error: Error | null;
  /** Differences that somebody else has made meanwhile. */
  readonly conflict?: Conflict | undefined;
}

/** A dialog whose form one write takes: the faults of the server at the fields, and what somebody else changed meanwhile. */
export function WriteDialog<F extends FieldValues>({
  values,
  write,
  needsChange = false,
  children,
  ...dialog
}: {
  title: string;
  hint?: ReactNode;
  submitLabel: string;
  danger?: boolean;
  wide?: boolean;
  values: F;
  write: Write<F>;
  /** Whether there is nothing to write until more than the reason was changed. */
  needsChange?: boolean;
  onClose: () => void;
  children?: (form: UseFormReturn<F>, fault: (name: string) => string | undefined) => ReactNode;
}) {
  const form = useForm<F>({ defaultValues: values as DefaultValues<F> });
  useServerFaults(form, write.conflict ? null : write.error);
  const { errors, dirtyFields } = form.formState;
  const isChanged = Object.keys(dirtyFields).some((name) => name !== 'reason');
  const fault = (name: string) => {
    const found: { message?: string } | undefined = get(errors, name);
    return found?.message;
  };
  return (
    <FormDialog
      {...dialog}
      busy={write.isPending}
      disabled={write.conflict !== undefined || (needsChange && !isChanged)}
      onSubmit={() => {
        form.clearErrors();
        void form.handleSubmit((input) => write.mutate(input))();
      }}
    >
      {children?.(form, fault)}
      <ChangedMeanwhile conflict={write.conflict} />
      {!write.conflict && <Fault error={write.error} />}
    </FormDialog>
  );
}

/** The fields of a reason within a form. */
export function ReasonControl<F extends FieldValues>({ control, name }: { control: Control<F>; name: Path<F> }) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field: { value, onChange } }) => <ReasonFields value={value} onChange={onChange} />}
    />
  );
}

/** A dialog that asks for nothing but the reason. `code` is the one that is chosen at first. */
export function ReasonDialog({
  code = 'OTHER',
  children,
  ...dialog
}: {
  title: string;
  hint?: ReactNode;
  submitLabel: string;
  danger?: boolean;
  code?: Reason['code'];
  write: Write<{ reason: Reason }>;
  onClose: () => void;
  children?: ReactNode;
}) {
  return (
    <WriteDialog<{ reason: Reason }> {...dialog} values={{ reason: { code } }}>
      {({ control }) => (
        <>
          <ReasonControl control={control} name="reason" />
          {children}
        </>
      )}
    </WriteDialog>
  );
}
