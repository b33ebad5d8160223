import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { Actor } from '../../shared/access/actor.js';
import { InvalidFieldError } from '../../shared/errors.js';
import {
  GetIssuableTemplatesQuery,
  ListTemplatesQuery,
  type IssuableTemplate,
  type Template,
} from '../../templates/index.js';
import { assertIssuable } from '../assert-issuable.js';
import type { ImportLine } from './import-line.requests.js';

type TemplateOfLine = Pick<ImportLine, 'license_template_id' | 'product_id'>;

/** Templates of the lines of an import. */
export class TemplatesOfLines {
  constructor(
    private readonly templates: ReadonlyMap<string, IssuableTemplate>,
    /** Templates of products, by product; undefined if a product has none or several. */
    private readonly ofProduct: ReadonlyMap<string, string | undefined>,
  ) {}

  /** Returns the id of the template that a line names, or that its product has; undefined: neither. */
  idOf({ license_template_id: templateId, product_id: productId }: TemplateOfLine): string | undefined {
    return templateId ?? (productId === undefined ? undefined : this.ofProduct.get(productId));
  }

  /** Returns the template of a line, archived or not. */
  find(line: TemplateOfLine): Template | undefined {
    return this.templates.get(this.idOf(line) ?? '')?.template;
  }

  /** Throws InvalidFieldError, TemplateNotFoundError, TemplateInactiveError, ProductInactiveError. */
  get(line: TemplateOfLine): Template {
    const id = this.idOf(line);
    if (id === undefined)
      throw new InvalidFieldError(
        '/license_template_id',
        'is required, or the product must have exactly one active template',
      );
    const template = assertIssuable(id, this.templates.get(id));
    if (line.product_id !== undefined && line.product_id !== template.productId)
      throw new InvalidFieldError('/product_id', `must be ${template.productId}, the product of the template`);
    return template;
  }
}

/** Reads the templates of the lines of an import. */
@Injectable()
export class ImportTemplates {
  constructor(private readonly queries: QueryBus) {}

  async find(actor: Actor, lines: readonly TemplateOfLine[]): Promise<TemplatesOfLines> {
    const products = new Set(
      lines.flatMap(({ license_template_id: id, product_id: productId }) =>
        id === undefined ? (productId ?? []) : [],
      ),
    );
    const ofProduct = new Map<string, string | undefined>();
    for (const productId of products) {
      const request = { product_id: productId, active: true, limit: 2 };
      const { data } = await this.queries.execute(new ListTemplatesQuery(actor, request));
      ofProduct.set(productId, data.length === 1 ? data[0]?.template_id : undefined);
    }
    const ids = new Set([
      ...lines.flatMap(({ license_template_id: id }) => id ?? []),
      ...[...ofProduct.values()].flatMap((id) => id ?? []),
    ]);
    const found = await this.queries.execute(new GetIssuableTemplatesQuery(actor, [...ids]));
    return new TemplatesOfLines(new Map(found.map((each) => [each.template.templateId, each])), ofProduct);
  }
}
