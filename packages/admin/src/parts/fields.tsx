import { useId, type ComponentProps, type ReactNode } from 'react';
import { useFaultText } from '../text/problems';
import { cn } from './class-names';

export const INPUT =
  'h-9 w-full min-w-0 rounded-md border border-line-strong/60 bg-card px-3 text-sm text-ink placeholder:text-soft/80 ' +
  'aria-invalid:border-bad aria-invalid:ring-1 aria-invalid:ring-bad disabled:bg-sunken disabled:text-soft';

/** Ends of what fields take by their type: without one, browsers take years of six digits. */
const LAST: Readonly<Record<string, string>> = { date: '9999-12-31', 'datetime-local': '9999-12-31T23:59:59' };

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input autoComplete="off" max={LAST[rest.type ?? '']} {...rest} className={cn(INPUT, className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea {...rest} className={cn(INPUT, 'h-auto min-h-20 py-2', className)} />;
}

export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={cn(INPUT, 'choice pr-8', className)} />;
}

interface FieldAria {
  id: string;
  'aria-invalid': true | undefined;
  'aria-describedby': string | undefined;
}

/** A labelled field with a hint, and the fault that the server or the form found. */
export function Field({
  label,
  hint,
  fault,
  required = false,
  className,
  children,
}: {
  label: string;
  hint?: string | undefined;
  fault?: string | undefined;
  required?: boolean;
  className?: string;
  children: (aria: FieldAria) => ReactNode;
}) {
  const id = useId();
  const faultText = useFaultText(fault !== undefined);
  const described = [fault === undefined ? '' : `${id}-fault`, hint === undefined ? '' : `${id}-hint`]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={cn('flex min-w-0 flex-col gap-1.5', className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
        {required && (
          <span className="text-bad" aria-hidden>
            {' '}
            *
          </span>
        )}
      </label>
      {children({
        id,
        'aria-invalid': fault === undefined ? undefined : true,
        'aria-describedby': described || undefined,
      })}
      {fault !== undefined && (
        <p id={`${id}-fault`} className="text-xs font-medium text-bad">
          {faultText(fault)}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-xs text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}

export function CheckField({
  label,
  hint,
  ...rest
}: ComponentProps<'input'> & { label: string; hint?: string | undefined }) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <input
        {...rest}
        id={id}
        type="checkbox"
        className="mt-0.5 size-4 accent-accent"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      <div>
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="text-xs text-soft">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
