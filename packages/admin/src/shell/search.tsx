import { Dialog as Base } from '@base-ui/react/dialog';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  FileKey2,
  KeyRound,
  MonitorSmartphone,
  Package,
  Search as SearchIcon,
  User,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import { api, bodyOf, type Schemas } from '../api/client';
import { isCode } from '../api/problem';
import { cn } from '../parts/class-names';
import { mayBeLicenseKey } from '../parts/license-key-text';
import { Fault } from '../parts/states';
import { useSettled } from '../parts/use-settled';
import { LicenseState } from '../routes/licenses/license-status';
import { nameOfCustomer } from '../routes/customers/customer-picker';
import { useText, useWord, type TextId } from '../text/texts';
import { SCREENS } from './navigation';
import { useMay } from './session';

type License = Schemas['License'];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Of a license key, which may be of another system. */
const MIN_KEY_LETTERS = 8;
const MAX_ID_LETTERS = 255;
const LAST_FOUR = /^[0-9a-z]{4}$/i;
const MIN_LETTERS = 2;

interface Result {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly title: string;
  readonly detail?: ReactNode;
  readonly open: () => void;
}

interface Group {
  readonly text: TextId;
  readonly results: readonly Result[];
}

/** Finds licenses, customers, orders and pages by whatever somebody has of them. */
export function Search({ onClose }: { onClose: () => void }) {
  const t = useText();
  const listId = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const q = useSettled(text.trim());
  const { groups, hasFound, isPending, error } = useResults(text.trim(), q, onClose);
  const results = groups.flatMap((group) => group.results);
  const chosen = Math.min(at, Math.max(0, results.length - 1));
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((chosen + step + results.length) % Math.max(1, results.length));
    } else if (event.key === 'Enter' && q === text.trim()) {
      event.preventDefault();
      results[chosen]?.open();
    }
  };
  return (
    <Base.Root
      open
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Base.Popup
          aria-label={t('search.title')}
          className="fixed top-[10vh] left-1/2 z-50 flex max-h-[75vh] w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 flex-col overflow-hidden rounded-xl border border-line bg-card shadow-2xl"
        >
          <div className="flex items-center gap-3 border-b border-line px-4">
            <SearchIcon className="size-4 shrink-0 text-soft" aria-hidden />
            <input
              role="combobox"
              aria-label={t('search.title')}
              aria-expanded={results.length > 0}
              aria-controls={listId}
              aria-autocomplete="list"
              aria-activedescendant={results.length > 0 ? `${listId}-${chosen}` : undefined}
              placeholder={t('search.hint')}
              autoComplete="off"
              spellCheck={false}
              maxLength={512}
              value={text}
              onKeyDown={onKeyDown}
              onChange={({ target }) => {
                setText(target.value);
                setAt(0);
              }}
              className="h-12 w-full bg-transparent text-sm outline-none placeholder:text-soft"
            />
          </div>
          <div id={listId} role="listbox" aria-label={t('search.results')} className="overflow-y-auto p-2">
            {groups.map(({ text: name, results: found }) => (
              <div key={name} role="group" aria-label={t(name)}>
                <p className="px-2.5 pt-2 pb-1 text-xs font-medium text-soft" aria-hidden>
                  {t(name)}
                </p>
                {found.map((result) => (
                  <Option
                    key={result.id}
                    id={`${listId}-${results.indexOf(result)}`}
                    result={result}
                    isChosen={results[chosen] === result}
                  />
                ))}
              </div>
            ))}
          </div>
          <p role="status" className={hasFound && !isPending ? 'sr-only' : 'px-4 pb-4 text-sm text-soft'}>
            {isPending ? t('loading') : !hasFound ? t('search.none') : t('search.count', { count: results.length })}
          </p>
          {error && (
            <div className="p-3">
              <Fault error={error} />
            </div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The field has the focus and the keys; a pointer chooses directly. */
function Option({ id, result, isChosen }: { id: string; result: Result; isChosen: boolean }) {
  const { icon: Icon, title, detail, open } = result;
  useEffect(() => {
    if (isChosen) document.getElementById(id)?.scrollIntoView({ block: 'nearest' });
  }, [isChosen, id]);
  return (
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      onClick={open}
      className={cn(
        'flex cursor-pointer items-center gap-3 rounded-md px-2.5 py-2 text-sm hover:bg-sunken',
        isChosen && 'bg-sunken',
      )}
    >
      <Icon className="size-4 shrink-0 text-soft" aria-hidden />
      <span className="min-w-0 grow truncate font-medium">{title}</span>
      {detail !== undefined && <span className="shrink-0 text-xs text-soft">{detail}</span>}
    </div>
  );
}

function useResults(text: string, q: string, onClose: () => void) {
  const t = useText();
  const word = useWord();
  const may = useMay();
  const navigate = useNavigate();
  const go = (navigated: Promise<void>) => {
    onClose();
    void navigated;
  };
  const openLicense = (licenseId: string) => {
    go(navigate({ to: '/licenses/$licenseId', params: { licenseId } }));
  };
  const [inAddress, setInAddress] = useState('');
  const isSecret = mayBeLicenseKey(q) && q !== inAddress;
  const isLong = q.length >= MIN_LETTERS && !isSecret;
  const licenses = useQuery({
    queryKey: ['licenses', 'search', q],
    queryFn: () => findLicenses(q, may('activations:read')),
    enabled: isLong && may('licenses:read'),
  });
  const customers = useQuery({
    queryKey: ['customers', 'search', q],
    queryFn: () => bodyOf(api.GET('/v1/customers', { params: { query: { q, limit: 5 } } })),
    enabled: isLong && may('customers:read'),
  });
  const order = useQuery({
    queryKey: ['orders', 'search', q],
    queryFn: () => orNothing(bodyOf(api.GET('/v1/orders/{order_id}', { params: { path: { order_id: q } } }))),
    enabled: UUID.test(q) && !isSecret && may('orders:read'),
  });
  // The server records that somebody looked for a key, so it is asked only when that is chosen.
  const exact = useMutation({
    mutationFn: ({ body }: { way: string; text: string; body: Schemas['FindLicensesRequest'] }) =>
      bodyOf(api.POST('/v1/licenses:find', { body })),
    onSuccess: ({ data: [found, ...others] }) => {
      if (found && others.length === 0) openLicense(found.license_id);
    },
  });
  const found = exact.variables?.text === text ? exact.data?.data : undefined;
  const exactly = (way: string, title: TextId, body: Schemas['FindLicensesRequest']): Result => ({
    id: way,
    icon: KeyRound,
    title: t(title),
    detail: exact.variables?.way === way && found?.length === 0 ? t('search.notFound') : undefined,
    open: () => {
      exact.mutate({ way, text, body });
    },
  });
  const toResult = (license: License, icon: LucideIcon): Result => ({
    id: license.license_id,
    icon,
    title: `${license.issued_to} · ${license.product_display_name} · …${license.license_key_last_four}`,
    detail: <LicenseState license={license} />,
    open: () => {
      openLicense(license.license_id);
    },
  });
  const isId = text.length <= MAX_ID_LETTERS;
  const exactWays =
    may('licenses:read') && text.length >= MIN_KEY_LETTERS
      ? [
          exactly('key', 'search.byKey', { license_key: text }),
          ...(isId ? [exactly('external', 'search.byExternalId', { external_id: text })] : []),
          ...(isId && may('activations:read') ? [exactly('device', 'search.byDevice', { fingerprint: text })] : []),
        ]
      : [];
  const groups: Group[] = [
    {
      text: 'search.licenses',
      results: [
        ...(isSecret
          ? [
              ...exactWays,
              {
                id: 'inAddress',
                icon: SearchIcon,
                title: t('search.inAddress'),
                detail: t('search.inAddress.detail'),
                open: () => {
                  setInAddress(q);
                },
              },
            ]
          : []),
        ...(isLong ? (licenses.data?.found ?? []) : []).map(({ license, isDevice }) =>
          toResult(license, isDevice ? MonitorSmartphone : FileKey2),
        ),
        ...(isSecret && found && found.length > 1 ? found.map((license) => toResult(license, FileKey2)) : []),
      ],
    },
    {
      text: 'search.customers',
      results: (isLong ? (customers.data?.data ?? []) : []).map((customer) => ({
        id: customer.customer_id,
        icon: User,
        title: nameOfCustomer(customer),
        detail: customer.email ?? customer.customer_id,
        open: () => {
          go(navigate({ to: '/customers/$customerId', params: { customerId: customer.customer_id } }));
        },
      })),
    },
    {
      text: 'search.orders',
      results: order.data
        ? [
            {
              id: order.data.order_id,
              icon: Package,
              title: order.data.order_id,
              detail: word('orderStatus', order.data.status),
              open: () => {
                go(navigate({ to: '/orders/$orderId', params: { orderId: q } }));
              },
            },
          ]
        : [],
    },
    {
      text: 'search.pages',
      results: SCREENS.flatMap(({ screens }) => screens)
        .filter(({ permission, text: name }) => may(permission) && t(name).toLowerCase().includes(text.toLowerCase()))
        .map(({ to, text: name, icon }) => ({
          id: to,
          icon,
          title: t(name),
          open: () => {
            go(navigate({ to }));
          },
        })),
    },
  ];
  const hasFound = groups.some(({ results }) => results.length > 0);
  if (!isSecret) groups.push({ text: 'search.exactly', results: exactWays });
  return {
    hasFound,
    groups: groups.filter(({ results }) => results.length > 0),
    isPending: q !== text || licenses.isLoading || customers.isLoading || order.isLoading || exact.isPending,
    error: exact.error ?? licenses.error ?? licenses.data?.error ?? customers.error ?? order.error,
  };
}

interface FoundLicenses {
  readonly found: readonly { readonly license: License; readonly isDevice: boolean }[];
  /** Why a look-up found nothing; the others stand. */
  readonly error: Error | null;
}

/** Finds licenses by the beginning of a name, an id, the end of a key, a device or an order. Throws what refused the first look-up if all failed. */
async function findLicenses(q: string, mayReadDevices: boolean): Promise<FoundLicenses> {
  const list = async (query: object) => {
    const { data } = await bodyOf(api.GET('/v1/licenses', { params: { query: { ...query, limit: 5 } } }));
    return data;
  };
  const read = async (license_id: string) => {
    const found = await orNothing(bodyOf(api.GET('/v1/licenses/{license_id}', { params: { path: { license_id } } })));
    return found ? [found] : [];
  };
  const ofDevice = q.length <= MAX_ID_LETTERS && mayReadDevices ? list({ fingerprint: q }) : undefined;
  const lookUps = [
    ...(UUID.test(q) ? [read(q)] : []),
    // Keys of ours are in capital letters, imported ones as they were.
    ...(LAST_FOUR.test(q)
      ? [...new Set([q, q.toUpperCase(), q.toLowerCase()])].map((last_four) => list({ last_four }))
      : []),
    ...(UUID.test(q) ? [list({ order_id: q })] : []),
    list({ q: q.slice(0, 100) }),
    ...(ofDevice ? [ofDevice] : []),
  ];
  const settled = await Promise.allSettled(lookUps);
  const refused = settled.find((each) => each.status === 'rejected');
  if (refused && settled.every(({ status }) => status === 'rejected')) throw refused.reason;
  const found = new Map<string, { license: License; isDevice: boolean }>();
  for (const [index, each] of settled.entries())
    for (const license of each.status === 'fulfilled' ? each.value : [])
      if (!found.has(license.license_id))
        found.set(license.license_id, { license, isDevice: lookUps[index] === ofDevice });
  return { found: [...found.values()], error: refused ? (refused.reason as Error) : null };
}

async function orNothing<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (['LICENSE_NOT_FOUND', 'ORDER_NOT_FOUND'].some((code) => isCode(error, code))) return null;
    throw error;
  }
}
