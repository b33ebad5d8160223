import type { ReactNode } from 'react';
import { get, useForm, type DefaultValues, type FieldValues, type UseFormReturn } from 'react-hook-form';
import { useText } from '../text/texts';
import { Button } from './button';
import { Card } from './card';
import { LeaveGuard, useServerFaults } from './form-state';
import { Fault } from './states';

/** A card with a form: the faults of the server at the fields, a guard for unsaved changes, and who changed it meanwhile. */
export function ResourceForm<T extends FieldValues>({
  title,
  values,
  isNew = false,
  readOnly = false,
  blocked = false,
  busy,
  error,
  submitLabel,
  notice,
  onSubmit,
  beside,
  children,
}: {
  title: string;
  values: T;
  isNew?: boolean;
  readOnly?: boolean;
  blocked?: boolean;
  busy: boolean;
  error: Error | null;
  submitLabel: string;
  notice?: ReactNode;
  onSubmit: (values: T) => void;
  /** Stands beside the card, such as a preview of what is typed. */
  beside?: (form: UseFormReturn<T>) => ReactNode;
  children: (form: UseFormReturn<T>, fault: (name: string) => string | undefined) => ReactNode;
}) {
  const t = useText();
  const form = useForm<T>({ defaultValues: values as DefaultValues<T> });
  useServerFaults(form, error);
  const { isDirty, errors } = form.formState;
  const fault = (name: string) => {
    const found: { message?: string } | undefined = get(errors, name);
    return found?.message;
  };
  const card = (
    <Card title={title}>
      <form
        onSubmit={(event) => {
          // A fault of the server is about what was sent; one that no field has would block the form for good.
          form.clearErrors();
          void form.handleSubmit((data) => {
            onSubmit(data);
          })(event);
        }}
        className="space-y-5"
      >
        <fieldset disabled={readOnly} className="grid min-w-0 grid-cols-1 gap-4 sm:grid-cols-2">
          {children(form, fault)}
        </fieldset>
        {notice}
        <Fault error={error} />
        {!readOnly && (
          <div className="flex justify-end gap-2">
            {isDirty && !isNew && (
              <Button
                onClick={() => {
                  form.reset();
                }}
              >
                {t('discard')}
              </Button>
            )}
            <Button type="submit" look="primary" busy={busy} disabled={blocked || (!isNew && !isDirty)}>
              {submitLabel}
            </Button>
          </div>
        )}
      </form>
      <LeaveGuard isDirty={isDirty && !busy} />
    </Card>
  );
  if (!beside) return card;
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      {card}
      {beside(form)}
    </div>
  );
}

/** Returns the members that differ. Empty texts are null on the wire. */
export function changedMembers<T extends object>(before: T, after: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => value !== (before as Record<string, unknown>)[name]),
  ) as Partial<T>;
}
