import { Fragment } from 'react';
import { Time } from './time';

const TIME = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** A sentence of the server in English; its times are shown in the zone of the person. */
export function FactsText({ children, className }: { children: string; className?: string }) {
  return (
    <p lang="en" className={className}>
      {children.split(TIME).map((part, index) => (
        <Fragment key={index}>{TIME.test(part) ? <Time at={part} /> : part}</Fragment>
      ))}
    </p>
  );
}
