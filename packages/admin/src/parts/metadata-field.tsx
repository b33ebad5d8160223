import type { FieldValues, Path, UseFormRegister } from 'react-hook-form';
import { useText } from '../text/texts';
import { Card } from './card';
import { Field, TextArea } from './fields';
import { objectOf } from './merge-patch';

/** Free-form members as JSON, in a form whose field `metadata` is a text. */
export function MetadataField<F extends FieldValues & { metadata: string }>({
  register,
  fault,
}: {
  register: UseFormRegister<F>;
  fault: (name: string) => string | undefined;
}) {
  const t = useText();
  return (
    <Field label={t('metadata')} hint={t('metadata.hint')} fault={fault('metadata')} className="sm:col-span-2">
      {(aria) => (
        <TextArea
          {...aria}
          spellCheck={false}
          maxLength={16_384}
          className="min-h-24 font-mono text-xs"
          {...register('metadata' as Path<F>, {
            validate: (text: string) => objectOf(text) !== undefined || t('metadata.fault'),
          })}
        />
      )}
    </Field>
  );
}

/** Shows the free-form members of a resource, if it has any. */
export function MetadataCard({ metadata }: { metadata: Readonly<Record<string, unknown>> }) {
  const t = useText();
  if (Object.keys(metadata).length === 0) return null;
  return (
    <Card title={t('metadata')}>
      <pre tabIndex={0} aria-label={t('metadata')} className="overflow-x-auto font-mono text-xs">
        {JSON.stringify(metadata, null, 2)}
      </pre>
    </Card>
  );
}
