import { Entity, PrimaryColumn } from 'typeorm';
import { Line, type LineTerms } from '../line.entity.js';

@Entity('quote_lines')
export class QuoteLine extends Line {
  @PrimaryColumn('uuid', { name: 'quote_id' })
  quoteId!: string;

  static create(tenantId: string, quoteId: string, terms: LineTerms): QuoteLine {
    return Object.assign(new QuoteLine(), terms, { tenantId, quoteId });
  }
}
