import { InitialSchema1763900000000 } from './1763900000000-initial-schema.js';
import { Access1763986400000 } from './1763986400000-access.js';
import { LeanLog1764050000000 } from './1764050000000-lean-log.js';
import { Lifecycle1764100000000 } from './1764100000000-lifecycle.js';
import { Activations1764200000000 } from './1764200000000-activations.js';
import { SigningKeys1764300000000 } from './1764300000000-signing-keys.js';
import { Offline1764310000000 } from './1764310000000-offline.js';
import { OrderedLists1764320000000 } from './1764320000000-ordered-lists.js';
import { FilesUntil1764330000000 } from './1764330000000-files-until.js';
import { OpenResults1764340000000 } from './1764340000000-open-results.js';
import { FilesAndRenewals1764350000000 } from './1764350000000-files-and-renewals.js';
import { LogOrder1764410000000 } from './1764410000000-log-order.js';
import { ClientEvents1764440000000 } from './1764440000000-client-events.js';
import { PlatformKeys1764445000000 } from './1764445000000-platform-keys.js';
import { ListSigners1764450000000 } from './1764450000000-list-signers.js';
import { SteadyLeases1764460000000 } from './1764460000000-steady-leases.js';
import { ErasedResults1764470000000 } from './1764470000000-erased-results.js';
import { RenewalDays1764510000000 } from './1764510000000-renewal-days.js';
import { LengthOfFiles1764520000000 } from './1764520000000-length-of-files.js';
import { EndedDevices1764530000000 } from './1764530000000-ended-devices.js';
import { WorkflowRuns1764600000000 } from './1764600000000-workflow-runs.js';
import { Email1764610000000 } from './1764610000000-email.js';
import { LicenseOrigin1764620000000 } from './1764620000000-license-origin.js';
import { Partners1764630000000 } from './1764630000000-partners.js';
import { Orders1764640000000 } from './1764640000000-orders.js';
import { Subscriptions1764650000000 } from './1764650000000-subscriptions.js';
import { RequiredCustomers1764710000000 } from './1764710000000-required-customers.js';
import { AutomaticFulfilment1764720000000 } from './1764720000000-automatic-fulfilment.js';
import { CalendarTerms1764722000000 } from './1764722000000-calendar-terms.js';
import { RecordedEnds1764740000000 } from './1764740000000-recorded-ends.js';
import { KeysOfLicenses1764745000000 } from './1764745000000-keys-of-licenses.js';
import { Reports1764760000000 } from './1764760000000-reports.js';
import { Overrides1764762000000 } from './1764762000000-overrides.js';
import { Devices1764780000000 } from './1764780000000-devices.js';
import { InvitationMessages1764790000000 } from './1764790000000-invitation-messages.js';
import { Sessions1764770000000 } from './1764770000000-sessions.js';
import { ImportedLicenses1764800000000 } from './1764800000000-imported-licenses.js';
import { Starts1764784000000 } from './1764784000000-starts.js';
import { AllowedByPools1764795000000 } from './1764795000000-allowed-by-pools.js';
import { EndedLeases1764806000000 } from './1764806000000-ended-leases.js';
import { CountedRefusals1764808000000 } from './1764808000000-counted-refusals.js';
import { MetadataFilters1764805000000 } from './1764805000000-metadata-filters.js';
import { CustomerNotes1764811000000 } from './1764811000000-customer-notes.js';
import { IssueTermsOfLines1764815000000 } from './1764815000000-issue-terms-of-lines.js';
import { ExternalIdsOfPartners1764812000000 } from './1764812000000-external-ids-of-partners.js';
import { RefusedDevices1764816000000 } from './1764816000000-refused-devices.js';
import { CarriedPeaks1764817000000 } from './1764817000000-carried-peaks.js';
import { ReportedStarts1764818000000 } from './1764818000000-reported-starts.js';

/** In order. A release expands the schema first and contracts it a release later, so that two releases can run at once. */
export const migrations = [
  InitialSchema1763900000000,
  Access1763986400000,
  LeanLog1764050000000,
  Lifecycle1764100000000,
  Activations1764200000000,
  SigningKeys1764300000000,
  Offline1764310000000,
  OrderedLists1764320000000,
  FilesUntil1764330000000,
  OpenResults1764340000000,
  FilesAndRenewals1764350000000,
  LogOrder1764410000000,
  ClientEvents1764440000000,
  PlatformKeys1764445000000,
  ListSigners1764450000000,
  SteadyLeases1764460000000,
  ErasedResults1764470000000,
  RenewalDays1764510000000,
  LengthOfFiles1764520000000,
  EndedDevices1764530000000,
  WorkflowRuns1764600000000,
  Email1764610000000,
  LicenseOrigin1764620000000,
  Partners1764630000000,
  Orders1764640000000,
  Subscriptions1764650000000,
  RequiredCustomers1764710000000,
  AutomaticFulfilment1764720000000,
  CalendarTerms1764722000000,
  RecordedEnds1764740000000,
  KeysOfLicenses1764745000000,
  Reports1764760000000,
  Overrides1764762000000,
  Devices1764780000000,
  InvitationMessages1764790000000,
  Sessions1764770000000,
  ImportedLicenses1764800000000,
  Starts1764784000000,
  AllowedByPools1764795000000,
  EndedLeases1764806000000,
  CountedRefusals1764808000000,
  MetadataFilters1764805000000,
  CustomerNotes1764811000000,
  IssueTermsOfLines1764815000000,
  ExternalIdsOfPartners1764812000000,
  RefusedDevices1764816000000,
  CarriedPeaks1764817000000,
  ReportedStarts1764818000000,
];

export const MIGRATIONS_TABLE = 'schema_migrations';
