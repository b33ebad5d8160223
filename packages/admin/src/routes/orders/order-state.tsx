import { Badge, type Tone } from '../../parts/badge';
import { useWord } from '../../text/texts';

const TONES: Readonly<Record<string, Tone>> = {
  PENDING: 'info',
  APPROVED: 'info',
  FULFILLED: 'good',
  CANCELLED: 'quiet',
  DRAFT: 'quiet',
  SENT: 'info',
  ACCEPTED: 'good',
  DECLINED: 'quiet',
  EXPIRED: 'warn',
};

const PAYMENT_TONES: Readonly<Record<string, Tone>> = {
  PENDING: 'quiet',
  PAID: 'good',
  PARTIAL: 'warn',
  FAILED: 'bad',
  REFUNDED: 'quiet',
};

export function OrderState({ status }: { status: string }) {
  const word = useWord();
  return (
    <Badge tone={TONES[status] ?? 'quiet'} dot>
      {word('orderStatus', status)}
    </Badge>
  );
}

export function PaymentState({ status }: { status: string }) {
  const word = useWord();
  return <Badge tone={PAYMENT_TONES[status] ?? 'quiet'}>{word('payment', status)}</Badge>;
}
