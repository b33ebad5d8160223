import { Controller, type Control, type FieldValues, type Path } from 'react-hook-form';
import { ChoiceSelect, type ChoiceProps } from './choice-select';

/** A choice in a form. */
export function ChoiceControl<F extends FieldValues>({
  control,
  name,
  ...rest
}: { control: Control<F>; name: Path<F> } & Omit<ChoiceProps, 'value' | 'onChange' | 'name'>) {
  return <Controller control={control} name={name} render={({ field }) => <ChoiceSelect {...rest} {...field} />} />;
}
