import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CountryLookup } from '../country-lookup.js';
import { FindCountryQuery } from './find-country.query.js';

@QueryHandler(FindCountryQuery)
export class FindCountryHandler implements IQueryHandler<FindCountryQuery> {
  constructor(private readonly countries: CountryLookup) {}

  execute({ address }: FindCountryQuery) {
    return Promise.resolve(this.countries.lookup(address));
  }
}
