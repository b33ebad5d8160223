import { Link } from '@tanstack/react-router';
import type { Column } from '../../parts/data-table';
import { ROW_LINK } from '../../parts/text-link';
import { RelativeTime, Time } from '../../parts/time';
import { useText, useWord } from '../../text/texts';
import { LicenseState, Seats, useNoExpiry, type License } from './license-status';

/** Columns that are shown until somebody chooses others. The first one is always shown. */
export const USUAL_COLUMNS: readonly string[] = ['product', 'status', 'seats', 'expiry'];

/** All columns that a list of licenses can have. */
export function useLicenseColumns(): readonly Column<License>[] {
  const t = useText();
  const noExpiry = useNoExpiry();
  return [
    { id: 'issuedTo', header: t('license.issuedTo'), cell: (license) => <Holder license={license} /> },
    {
      id: 'product',
      header: t('license.product'),
      secondary: true,
      cell: (license) => <Product license={license} />,
    },
    { id: 'status', header: t('status'), cell: (license) => <LicenseState license={license} /> },
    {
      id: 'seats',
      header: t('license.seats'),
      secondary: true,
      cell: (license) => <Seats used={license.current_activations} max={license.max_activations} />,
    },
    {
      id: 'expiry',
      header: t('license.expires'),
      cell: ({ expiry_date, status }) =>
        expiry_date === null ? <span className="text-soft">{noExpiry({ status })}</span> : <Expiry at={expiry_date} />,
    },
    {
      id: 'customer',
      header: t('customer'),
      secondary: true,
      cell: ({ customer_id }) => (
        <Link to="/customers/$customerId" params={{ customerId: customer_id }} className={ROW_LINK}>
          {customer_id}
        </Link>
      ),
    },
    {
      id: 'template',
      header: t('template'),
      secondary: true,
      cell: ({ template_id }) => (
        <Link to="/templates/$templateId" params={{ templateId: template_id }} className={ROW_LINK}>
          {template_id}
        </Link>
      ),
    },
    {
      id: 'issued',
      header: t('license.issued'),
      secondary: true,
      cell: ({ issued_date }) => <Time at={issued_date} dateOnly />,
    },
    {
      id: 'externalId',
      header: t('license.externalId'),
      secondary: true,
      cell: ({ external_id }) => external_id ?? <span className="text-soft">—</span>,
    },
    { id: 'updated', header: t('updated'), secondary: true, cell: ({ updated_at }) => <Time at={updated_at} /> },
  ];
}

function Expiry({ at }: { at: string }) {
  return (
    <div>
      <Time at={at} dateOnly />
      <div className="text-xs text-soft">
        <RelativeTime at={at} />
      </div>
    </div>
  );
}

function Holder({ license }: { license: License }) {
  return (
    <div className="min-w-0">
      <Link to="/licenses/$licenseId" params={{ licenseId: license.license_id }} className={ROW_LINK}>
        {license.issued_to}
      </Link>
      <div className="font-mono text-xs text-soft">…{license.license_key_last_four}</div>
    </div>
  );
}

function Product({ license }: { license: License }) {
  const word = useWord();
  return (
    <div className="min-w-0">
      <div className="truncate">{license.product_display_name}</div>
      <div className="truncate text-xs text-soft">{word('type', license.license_type)}</div>
    </div>
  );
}
