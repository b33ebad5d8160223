import type { License } from '../licensing/index.js';
import type { Feature } from '../templates/index.js';

/** Feature of a license that was usable at a time. */
export interface UsableFeature {
  readonly license: License;
  readonly feature: Feature;
  readonly now: Date;
}
