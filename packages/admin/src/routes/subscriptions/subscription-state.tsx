import type { Schemas } from '../../api/client';
import { Badge, type Tone } from '../../parts/badge';
import { useText, useWord } from '../../text/texts';

const TONES: Readonly<Record<string, Tone>> = {
  TRIALING: 'info',
  ACTIVE: 'good',
  PAST_DUE: 'warn',
  CANCELED: 'warn',
  ENDED: 'quiet',
};

/** Its status, and what else stands against it: a hold, the end that is planned, a license that could not follow. */
export function SubscriptionState({ subscription }: { subscription: Schemas['Subscription'] }) {
  const t = useText();
  const word = useWord();
  const { status, hold, cancel_at_period_end: ends, license_problem: problem } = subscription;
  return (
    <span className="flex flex-wrap gap-1.5">
      <Badge tone={TONES[status] ?? 'quiet'} dot>
        {word('subscriptionStatus', status)}
      </Badge>
      {hold !== null && <Badge tone="bad">{word('hold', hold)}</Badge>}
      {ends && status !== 'ENDED' && <Badge tone="warn">{t('subscription.endsWithPeriod')}</Badge>}
      {problem && <Badge tone="bad">{t('subscription.problem')}</Badge>}
    </span>
  );
}
