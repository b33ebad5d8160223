import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ListLicensesAsJsonQuery } from './list-licenses-as-json.query.js';
import { ListLicensesQuery } from './list-licenses.query.js';

@QueryHandler(ListLicensesQuery)
export class ListLicensesHandler implements IQueryHandler<ListLicensesQuery> {
  constructor(private readonly queries: QueryBus) {}

  async execute({ actor, request }: ListLicensesQuery) {
    const { data, next_cursor } = await this.queries.execute(new ListLicensesAsJsonQuery(actor, request));
    return { data: data.map((license) => license.toJSON()), next_cursor };
  }
}
