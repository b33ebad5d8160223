// Lanes of a scenario: a label, the name of a contender, and the request that it is sent.
export function lane(contender, kind, traffic, label = contender) {
  return { label, contender, traffic, request: (to) => kind(to, traffic) };
}

export function lanesOf(names, kind, traffic) {
  return names.map((name) => lane(name, kind, traffic));
}
