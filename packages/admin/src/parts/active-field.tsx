import { useWatch, type UseFormReturn } from 'react-hook-form';
import type { Archivable } from './archive-reason';
import { CheckField } from './fields';
import { ReasonControl } from './write-dialog';

/** Whether something is active. Whoever archives what was active says why. */
export function ActiveField<F extends Archivable>({
  form,
  wasActive,
  ...field
}: {
  form: UseFormReturn<F>;
  wasActive: boolean;
  label: string;
  hint: string;
}) {
  const { control, register } = form as unknown as UseFormReturn<Archivable>;
  const active = useWatch({ control, name: 'active' });
  return (
    <div className="space-y-4 sm:col-span-2">
      <CheckField {...field} {...register('active')} />
      {wasActive && !active && <ReasonControl control={control} name="reason" />}
    </div>
  );
}
