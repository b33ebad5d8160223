import { Fragment } from 'react';
import { useDetailText } from '../text/problems';
import { Time } from './time';

const TIME = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** Sentences of the server, which are English, in the language of the person where that knows them. Their times are in the person's zone. */
export function FactsText({
  children,
  as: Element = 'p',
  className,
}: {
  children: string;
  as?: 'p' | 'span';
  className?: string;
}) {
  const { text, lang } = useDetailText()(children);
  return (
    <Element lang={lang} className={className}>
      {text.split(TIME).map((part, index) => (
        <Fragment key={index}>{TIME.test(part) ? <Time at={part} /> : part}</Fragment>
      ))}
    </Element>
  );
}
