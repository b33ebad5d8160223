/** Address and country that a request comes from. */
export interface Origin {
  readonly ip: string;
  /** Two capital letters, from a trusted proxy, else from GEOIP_DATABASE; undefined if neither has a country. */
  readonly country: string | undefined;
}
