/** Counts licenses by the version of their template. Templates declare this for their queries; the module of reports implements it. */
export abstract class TemplateLicenseCounts {
  /** Returns the number of licenses of each version, as the reports have counted them so far. */
  abstract countByVersion(tenantId: string, templateId: string): Promise<ReadonlyMap<number, number>>;
}
