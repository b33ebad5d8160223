/** License keys, external ids and trials of the lines before, by line. */
export class SeenLicenses {
  private readonly lines = new Map<string, number>();

  /** Returns true if a line before had one of these, and remembers them. */
  isRepeated(keys: readonly string[], line: number): boolean {
    const repeated = keys.some((key) => this.lines.has(key));
    for (const key of keys) if (!this.lines.has(key)) this.lines.set(key, line);
    return repeated;
  }
}
