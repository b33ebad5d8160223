import { Badge, type Tone } from '../../parts/badge';
import { useWord } from '../../text/texts';

const TONES: Readonly<Record<string, Tone>> = {
  QUEUED: 'info',
  SENT: 'good',
  FAILED: 'bad',
  CANCELLED: 'quiet',
  EXPIRED: 'warn',
};

export const EMAIL_TEMPLATES = [
  'license_issued',
  'renewal_reminder',
  'license_expired',
  'trial_ending',
  'partner_welcome',
  'order_confirmation',
] as const;

export function EmailState({ status }: { status: string }) {
  const word = useWord();
  return (
    <Badge tone={TONES[status] ?? 'quiet'} dot>
      {word('emailStatus', status)}
    </Badge>
  );
}
