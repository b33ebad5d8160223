/** Stored usage of a feature in one period. A period that never ends starts at the epoch. */
export interface StoredUsage {
  readonly feature_id: string;
  readonly period_start: Date;
  readonly used: number;
  readonly updated_at: Date;
}
