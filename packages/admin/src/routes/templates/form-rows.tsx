import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { get, useFieldArray, type UseFormReturn } from 'react-hook-form';
import { Button } from '../../parts/button';

/** Rows of a form, with a button that adds one, and in each a button that removes it. `name` is that of the list. */
export function FormRows({
  form,
  name,
  newRow,
  addLabel,
  removeLabel,
  empty,
  className,
  removeClassName,
  frame,
  children,
}: {
  form: UseFormReturn;
  name: string;
  newRow: object;
  addLabel: string;
  /** Names the row, counted from 1. */
  removeLabel: (index: number) => string;
  /** Stands there if there are none. */
  empty: string;
  className: string;
  removeClassName: string;
  /** Frames the button that adds one, and the list. */
  frame: (add: ReactNode, rows: ReactNode) => ReactNode;
  /** Fields of a row: `path` is that of the row in the form, `fault` tells that of a field by its name. */
  children: (path: string, fault: (field: string) => string | undefined) => ReactNode;
}) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name });
  return frame(
    <Button
      size="small"
      onClick={() => {
        append(newRow);
      }}
    >
      <Plus aria-hidden />
      {addLabel}
    </Button>,
    fields.length === 0 ? (
      <p className="text-sm text-soft">{empty}</p>
    ) : (
      <ul className="space-y-3">
        {fields.map((field, index) => (
          <li key={field.id} className={`grid items-start gap-3 rounded-lg border border-line p-4 ${className}`}>
            {children(`${name}.${index}`, (of) => faultAt(form, `${name}.${index}.${of}`))}
            <Button
              look="quiet"
              size="icon"
              className={removeClassName}
              aria-label={removeLabel(index + 1)}
              onClick={() => {
                remove(index);
              }}
            >
              <Trash2 aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
    ),
  );
}

interface Fault {
  readonly message?: string;
}

/** Returns the fault of a field; of one with several values, that of the first that has one. */
function faultAt({ formState }: UseFormReturn, path: string): string | undefined {
  const found: Fault | readonly (Fault | undefined)[] | undefined = get(formState.errors, path);
  const fault = Array.isArray(found)
    ? (found as readonly (Fault | undefined)[]).find(Boolean)
    : (found as Fault | undefined);
  return fault?.message;
}
