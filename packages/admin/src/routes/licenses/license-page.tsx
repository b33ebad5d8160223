import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import {
  ArrowRightLeft,
  BadgeCheck,
  Ban,
  CirclePause,
  CirclePlay,
  Ellipsis,
  Eye,
  KeyRound,
  LayoutTemplate,
  Mail,
  Pencil,
  RefreshCw,
} from 'lucide-react';
import { useRef, useState } from 'react';
import { licenseQuery } from '../../api/queries';
import { Button } from '../../parts/button';
import { Card } from '../../parts/card';
import { CopyButton } from '../../parts/copy';
import { gated } from '../../parts/gate';
import { Menu, MenuItem } from '../../parts/menu';
import { PageHeader } from '../../parts/page';
import { Tabs, type Tab } from '../../parts/tabs';
import { Time } from '../../parts/time';
import { useMay } from '../../shell/session';
import { useText } from '../../text/texts';
import { EventFeed } from '../events/event-feed';
import { ActionDialog, type ActionName } from './action-dialogs';
import { DevicesTab } from './devices-tab';
import { EditDialog } from './edit-dialog';
import { ExplainTab, NOTHING_EXPLAINED, type Explained } from './explain-tab';
import { FilesTab } from './files-tab';
import { isConvertible, LicenseState, Seats, stateOf, useStateInWords, type License } from './license-status';
import { OverviewTab } from './overview-tab';
import { RevealKeyDialog } from './reveal-key-dialog';
import { RotateKeyDialog } from './rotate-key-dialog';
import { SendEmailDialog } from './send-email-dialog';
import { ChangeTemplateDialog, ConvertTrialDialog } from './template-dialogs';
import { TransferDialog } from './transfer-dialog';
import { UsageTab } from './usage-tab';
import { ResourceDetail } from '../../parts/resource-detail';

const route = getRouteApi('/licenses/$licenseId');

export type LicenseDialog =
  | ActionName
  | 'edit'
  | 'changeTemplate'
  | 'convertTrial'
  | 'transfer'
  | 'reveal'
  | 'rotateKey'
  | 'email';

export const LicensePage = gated('licenses:read', function LicensePage() {
  const { licenseId } = route.useParams();
  return (
    <ResourceDetail query={useQuery(licenseQuery(licenseId))} id={licenseId}>
      {(license) => <Details license={license} />}
    </ResourceDetail>
  );
});

function Details({ license }: { license: License }) {
  const t = useText();
  const may = useMay();
  const words = useStateInWords();
  const navigate = route.useNavigate();
  const { tab = 'overview' } = route.useSearch();
  const [dialog, setDialog] = useState<LicenseDialog | undefined>();
  const explained = useRef<Explained>(NOTHING_EXPLAINED);
  const openTab = (value: string) => void navigate({ search: { tab: value }, replace: true });
  const tabs: Tab[] = [
    { value: 'overview', label: t('license.tab.overview'), panel: <OverviewTab license={license} /> },
    { value: 'devices', label: t('license.tab.devices'), panel: <DevicesTab license={license} /> },
    { value: 'usage', label: t('license.tab.usage'), panel: <UsageTab license={license} /> },
    { value: 'files', label: t('license.tab.files'), panel: <FilesTab license={license} /> },
    {
      value: 'explain',
      label: t('license.tab.explain'),
      panel: <ExplainTab license={license} memory={explained} onDialog={setDialog} onTab={openTab} />,
    },
    ...(may('events:read')
      ? [
          {
            value: 'timeline',
            label: t('license.tab.timeline'),
            panel: <EventFeed filter={{ license_id: license.license_id }} />,
          },
        ]
      : []),
  ];
  return (
    <>
      <PageHeader
        above={
          <Link to="/licenses" className="hover:underline">
            {t('licenses.title')}
          </Link>
        }
        name={license.issued_to}
        title={
          <span className="flex flex-wrap items-center gap-3">
            {license.issued_to}
            <LicenseState license={license} />
          </span>
        }
        hint={words(license)}
        actions={<Actions license={license} onDialog={setDialog} />}
      />
      <Summary license={license} />
      <Tabs value={tabs.some(({ value }) => value === tab) ? tab : 'overview'} onChange={openTab} tabs={tabs} />
      <OpenDialog
        name={dialog}
        license={license}
        onClose={() => {
          setDialog(undefined);
        }}
      />
    </>
  );
}

function Actions({ license, onDialog }: { license: License; onDialog: (dialog: LicenseDialog) => void }) {
  const t = useText();
  const may = useMay();
  const state = stateOf(license);
  const isOver = state === 'REVOKED';
  const canRenew = !isOver && license.expiry_date !== null && may('licenses:renew');
  const canConvert = isConvertible(license, may);
  const more = [
    { name: 'edit', icon: Pencil, open: !isOver && may('licenses:write') },
    {
      name: 'changeTemplate',
      icon: LayoutTemplate,
      open: !isOver && !license.trial && may('licenses:change-template') && may('templates:read'),
    },
    {
      name: 'transfer',
      icon: ArrowRightLeft,
      open: !isOver && !license.trial && may('licenses:transfer') && may('customers:read'),
    },
    { name: 'rotateKey', icon: KeyRound, open: !isOver && may('licenses:rotate-key') },
    { name: 'email', icon: Mail, open: may('emails:send') },
    { name: 'suspend', icon: CirclePause, open: !isOver && state !== 'SUSPENDED' && may('licenses:suspend') },
    { name: 'revoke', icon: Ban, open: !isOver && may('licenses:revoke'), danger: true },
  ] as const;
  const open = more.filter((item) => item.open);
  return (
    <>
      {may('licenses:reveal-key') && (
        <Button onClick={() => onDialog('reveal')}>
          <Eye aria-hidden />
          {t('reveal.menu')}
        </Button>
      )}
      {state === 'SUSPENDED' && may('licenses:suspend') && (
        <Button look="primary" onClick={() => onDialog('reinstate')}>
          <CirclePlay aria-hidden />
          {t('reinstate.menu')}
        </Button>
      )}
      {canConvert && (
        <Button look="primary" onClick={() => onDialog('convertTrial')}>
          <BadgeCheck aria-hidden />
          {t('convertTrial.menu')}
        </Button>
      )}
      {canRenew && state !== 'SUSPENDED' && (
        <Button look={canConvert ? 'plain' : 'primary'} onClick={() => onDialog('renew')}>
          <RefreshCw aria-hidden />
          {t('renew.menu')}
        </Button>
      )}
      {open.length > 0 && (
        <Menu
          trigger={
            <Button size="icon" aria-label={t('more')}>
              <Ellipsis aria-hidden />
            </Button>
          }
        >
          {open.map(({ name, icon, ...item }) => (
            <MenuItem key={name} icon={icon} danger={'danger' in item} onClick={() => onDialog(name)}>
              {t(`${name}.menu`)}
            </MenuItem>
          ))}
        </Menu>
      )}
    </>
  );
}

function Summary({ license }: { license: License }) {
  const t = useText();
  return (
    <Card className="mb-5">
      <dl className="grid gap-6 sm:grid-cols-3">
        <div>
          <dt className="text-xs text-soft">{t('license.term')}</dt>
          <dd className="mt-2">
            <TermBar license={license} />
          </dd>
        </div>
        <div>
          <dt className="text-xs text-soft">{t('license.seats')}</dt>
          <dd className="mt-2">
            <Seats used={license.current_activations} max={license.max_activations} wide />
          </dd>
        </div>
        <div>
          <dt className="text-xs text-soft">{t('license.key')}</dt>
          <dd className="mt-1 flex items-center justify-between gap-2">
            <span className="font-mono text-sm">••••-{license.license_key_last_four}</span>
            <CopyButton text={license.license_id} label={t('license.copyId')} />
          </dd>
        </div>
      </dl>
    </Card>
  );
}

const GRACE_FILL = '#d08a1c';

/** How much of the term has passed, and the grace period after it. */
function TermBar({ license }: { license: License }) {
  const t = useText();
  const [today] = useState(() => Date.now());
  const { issued_date, expiry_date, grace_ends_at, starts_at } = license;
  if (license.status === 'PENDING') {
    return (
      <span className="text-sm">
        {t('preview.starts')}: {starts_at === null ? t('preview.firstActivation') : <Time at={starts_at} dateOnly />}
      </span>
    );
  }
  if (expiry_date === null) return <span className="text-sm">{t('license.words.foreverShort')}</span>;
  // The term of a license that was started later begins then.
  const begin = starts_at ?? issued_date;
  const start = Date.parse(begin);
  const end = Date.parse(grace_ends_at ?? expiry_date);
  const share = (time: number) => Math.max(0, Math.min(100, (100 * (time - start)) / Math.max(1, end - start)));
  const [expired, now] = [share(Date.parse(expiry_date)), share(today)];
  return (
    <div>
      <div className="relative h-1.5 overflow-hidden rounded-full bg-sunken" aria-hidden>
        <div className="absolute inset-y-0 right-0 bg-warn-soft" style={{ left: `${expired}%` }} />
        <div className="absolute inset-y-0 left-0 bg-accent" style={{ width: `${Math.min(now, expired)}%` }} />
        {now > expired && (
          <div
            className="absolute inset-y-0"
            style={{ left: `${expired}%`, width: `${now - expired}%`, background: GRACE_FILL }}
          />
        )}
      </div>
      <p className="mt-1.5 flex justify-between gap-2 text-xs text-soft">
        <Time at={begin} dateOnly />
        <Time at={expiry_date} dateOnly />
      </p>
    </div>
  );
}

function OpenDialog({
  name,
  license,
  onClose,
}: {
  name: LicenseDialog | undefined;
  license: License;
  onClose: () => void;
}) {
  switch (name) {
    case undefined:
      return null;
    case 'edit':
      return <EditDialog license={license} onClose={onClose} />;
    case 'changeTemplate':
      return <ChangeTemplateDialog license={license} onClose={onClose} />;
    case 'convertTrial':
      return <ConvertTrialDialog license={license} onClose={onClose} />;
    case 'transfer':
      return <TransferDialog license={license} onClose={onClose} />;
    case 'reveal':
      return <RevealKeyDialog license={license} onClose={onClose} />;
    case 'rotateKey':
      return <RotateKeyDialog license={license} onClose={onClose} />;
    case 'email':
      return <SendEmailDialog license={license} onClose={onClose} />;
    default:
      return <ActionDialog action={name} license={license} onClose={onClose} />;
  }
}
