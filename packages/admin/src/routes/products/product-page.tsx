import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { FileKey2, LayoutTemplate } from 'lucide-react';
import type { UseFormReturn } from 'react-hook-form';
import { api, bodyOf, ifUnchanged, type Schemas } from '../../api/client';
import { given } from '../../api/lists';
import { productQuery } from '../../api/queries';
import { useGuardedWrite } from '../../api/use-guarded-write';
import { useWrite } from '../../api/use-write';
import { LinkButton } from '../../parts/button';
import { ActiveField } from '../../parts/active-field';
import { ARCHIVE_REASON, archiveReason, type Archivable } from '../../parts/archive-reason';
import { Field, Input, TextArea } from '../../parts/fields';
import { gated, Gate } from '../../parts/gate';
import { PageHeader } from '../../parts/page';
import { Pinned } from '../../parts/pinned';
import { ResourceDetail } from '../../parts/resource-detail';
import { changedMembers, ResourceForm } from '../../parts/resource-form';
import { useMay } from '../../shell/session';
import { useSaving } from '../../parts/use-saving';
import { useText } from '../../text/texts';

type Product = Schemas['Product'];

interface Fields {
  product_id: string;
  name: string;
  sku: string;
  description: string;
  active: boolean;
}

type Form = Fields & Archivable;

const EMPTY: Form = { product_id: '', name: '', sku: '', description: '', active: true, reason: ARCHIVE_REASON };

function toForm({ product_id, name, sku, description, active }: Product): Fields {
  return { product_id, name, sku: sku ?? '', description: description ?? '', active };
}

const route = getRouteApi('/products/$productId');

function Up() {
  const t = useText();
  return (
    <Link to="/products" className="hover:underline">
      {t('products.title')}
    </Link>
  );
}

export function NewProductPage() {
  const t = useText();
  const navigate = useNavigate();
  const create = useWrite({
    write: (form: Form) => {
      const { reason: _, ...fields } = form;
      const { product_id, name } = fields;
      return bodyOf(api.POST('/v1/products', { body: { ...given(fields), product_id, name } }));
    },
    done: t('product.created'),
    changes: ['products'],
    onDone: ({ product_id }) =>
      void navigate({ to: '/products/$productId', params: { productId: product_id }, ignoreBlocker: true }),
  });
  return (
    <Gate permission="products:write">
      <PageHeader above={<Up />} title={t('products.new')} name={t('products.new')} />
      <ResourceForm
        title={t('product.details')}
        values={EMPTY}
        isNew
        busy={create.isPending}
        error={create.error}
        submitLabel={t('product.create')}
        onSubmit={create.mutate}
      >
        {(form, fault) => <ProductFields form={form} fault={fault} isNew />}
      </ResourceForm>
    </Gate>
  );
}

function ProductFields({
  form,
  fault,
  isNew = false,
  wasActive = false,
}: {
  form: UseFormReturn<Form>;
  fault: (name: string) => string | undefined;
  isNew?: boolean;
  wasActive?: boolean;
}) {
  const t = useText();
  const { register } = form;
  return (
    <>
      <Field label={t('product.name')} required fault={fault('name')}>
        {(aria) => <Input {...aria} required maxLength={255} {...register('name')} />}
      </Field>
      <Field
        label={t('product.id')}
        required={isNew}
        hint={isNew ? t('product.idHint') : undefined}
        fault={fault('product_id')}
      >
        {(aria) => <Input {...aria} required maxLength={64} disabled={!isNew} {...register('product_id')} />}
      </Field>
      <Field label={t('product.sku')} fault={fault('sku')}>
        {(aria) => <Input {...aria} maxLength={100} {...register('sku')} />}
      </Field>
      <Field label={t('product.description')} fault={fault('description')} className="sm:col-span-2">
        {(aria) => <TextArea {...aria} maxLength={4_000} {...register('description')} />}
      </Field>
      <ActiveField form={form} wasActive={wasActive} label={t('product.active')} hint={t('product.activeHint')} />
    </>
  );
}

export const ProductPage = gated('products:read', function ProductPage() {
  const { productId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(productQuery(productId))} id={productId}>
      {(product) => <Details product={product} />}
    </ResourceDetail>
  );
});

function Details({ product }: { product: Product }) {
  const t = useText();
  const may = useMay();
  return (
    <>
      <PageHeader
        above={<Up />}
        name={product.name}
        title={product.name}
        hint={product.product_id}
        actions={
          <>
            {may('licenses:read') && (
              <LinkButton to="/licenses" search={{ product_id: product.product_id }}>
                <FileKey2 aria-hidden />
                {t('template.licenses')}
              </LinkButton>
            )}
            {may('templates:read') && (
              <LinkButton to="/templates" search={{ product_id: product.product_id }}>
                <LayoutTemplate aria-hidden />
                {t('product.templates')}
              </LinkButton>
            )}
          </>
        }
      />
      <Pinned resource={product}>{(pinned, pin) => <Edit product={pinned} onSaved={pin} />}</Pinned>
    </>
  );
}

function Edit({ product, onSaved }: { product: Product; onSaved: (saved: Product) => void }) {
  const t = useText();
  const may = useMay();
  const client = useQueryClient();
  const { product_id } = product;
  const save = useGuardedWrite({
    resource: product,
    read: () => bodyOf(api.GET('/v1/products/{product_id}', { params: { path: { product_id } } })),
    write: ({ reason, ...form }: Form, base) => {
      const changed = Object.entries(changedMembers(toForm(product), form)).map(([name, value]) => [
        name,
        value === '' && name !== 'name' ? null : value,
      ]);
      return bodyOf(
        api.PATCH('/v1/products/{product_id}', {
          params: { path: { product_id }, header: ifUnchanged(base) },
          body: {
            ...(Object.fromEntries(changed) as Schemas['UpdateProductRequest']),
            ...archiveReason(product.active, { ...form, reason }),
          },
        }),
      );
    },
    done: t('product.saved'),
    changes: ['products'],
    onDone: (saved) => {
      client.setQueryData(productQuery(product_id).queryKey, saved);
      onSaved(saved);
    },
  });
  const saving = useSaving(save);
  return (
    <ResourceForm
      title={t('product.details')}
      values={{ ...toForm(product), reason: ARCHIVE_REASON }}
      readOnly={!may('products:write')}
      {...saving}
    >
      {(form, fault) => <ProductFields form={form} fault={fault} wasActive={product.active} />}
    </ResourceForm>
  );
}
