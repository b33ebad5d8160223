import { Query } from '@nestjs/cqrs';

/** Returns the country of an address from GEOIP_DATABASE: two capital letters, or undefined if it is unknown. */
export class FindCountryQuery extends Query<string | undefined> {
  constructor(readonly address: string | undefined) {
    super();
  }
}
