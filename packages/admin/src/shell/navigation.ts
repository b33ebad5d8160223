import {
  Activity,
  Boxes,
  CalendarSync,
  CircleQuestionMark,
  FileKey2,
  FileLock2,
  FileText,
  FileUp,
  Handshake,
  KeyRound,
  Layers,
  LayoutDashboard,
  LayoutTemplate,
  Mail,
  MonitorSmartphone,
  Settings,
  ShoppingCart,
  Users,
  Workflow,
  type LucideIcon,
} from 'lucide-react';
import type { TextId } from '../text/texts';

export interface Screen {
  readonly to:
    | '/dashboard'
    | '/licenses'
    | '/templates'
    | '/customers'
    | '/products'
    | '/orders'
    | '/quotes'
    | '/subscriptions'
    | '/partners'
    | '/emails'
    | '/events'
    | '/bulk-changes'
    | '/import'
    | '/workflow-runs'
    | '/api-keys'
    | '/signing-keys'
    | '/sessions'
    | '/settings'
    | '/help';
  readonly text: TextId;
  readonly icon: LucideIcon;
  /** Undefined: open to everybody who is signed in. */
  readonly permission: string | undefined;
  /** Second letter of the shortcut that begins with `g`. */
  readonly letter: string;
}

export const SCREENS: readonly { readonly text: TextId; readonly screens: readonly Screen[] }[] = [
  {
    text: 'nav.group.licensing',
    screens: [
      { to: '/dashboard', text: 'nav.dashboard', icon: LayoutDashboard, permission: 'reports:read', letter: 'd' },
      { to: '/licenses', text: 'nav.licenses', icon: FileKey2, permission: 'licenses:read', letter: 'l' },
      { to: '/customers', text: 'nav.customers', icon: Users, permission: 'customers:read', letter: 'c' },
    ],
  },
  {
    text: 'nav.group.catalogue',
    screens: [
      { to: '/templates', text: 'nav.templates', icon: LayoutTemplate, permission: 'templates:read', letter: 't' },
      { to: '/products', text: 'nav.products', icon: Boxes, permission: 'products:read', letter: 'p' },
    ],
  },
  {
    text: 'nav.group.sales',
    screens: [
      { to: '/orders', text: 'nav.orders', icon: ShoppingCart, permission: 'orders:read', letter: 'r' },
      { to: '/quotes', text: 'nav.quotes', icon: FileText, permission: 'orders:read', letter: 'q' },
      {
        to: '/subscriptions',
        text: 'nav.subscriptions',
        icon: CalendarSync,
        permission: 'subscriptions:read',
        letter: 'u',
      },
      { to: '/partners', text: 'nav.partners', icon: Handshake, permission: 'partners:read', letter: 'a' },
    ],
  },
  {
    text: 'nav.group.operations',
    screens: [
      { to: '/events', text: 'nav.events', icon: Activity, permission: 'events:read', letter: 'e' },
      { to: '/emails', text: 'nav.emails', icon: Mail, permission: 'emails:read', letter: 'm' },
      { to: '/bulk-changes', text: 'nav.bulkChanges', icon: Layers, permission: 'licenses:read', letter: 'b' },
      { to: '/import', text: 'nav.import', icon: FileUp, permission: 'licenses:import', letter: 'i' },
      { to: '/workflow-runs', text: 'nav.workflows', icon: Workflow, permission: 'workflows:read', letter: 'w' },
    ],
  },
  {
    text: 'nav.group.administration',
    screens: [
      { to: '/api-keys', text: 'nav.keys', icon: KeyRound, permission: 'api-keys:manage', letter: 'k' },
      { to: '/signing-keys', text: 'nav.signingKeys', icon: FileLock2, permission: 'signing-keys:read', letter: 'y' },
      { to: '/sessions', text: 'nav.sessions', icon: MonitorSmartphone, permission: 'sessions:manage', letter: 's' },
      { to: '/settings', text: 'nav.settings', icon: Settings, permission: 'settings:read', letter: 'o' },
      { to: '/help', text: 'help.title', icon: CircleQuestionMark, permission: undefined, letter: 'h' },
    ],
  },
];
