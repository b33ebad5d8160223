// Numbers from numbers.

export function median(numbers) {
  const sorted = ascending(numbers);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

/** The median, the least and the greatest. */
export function spread(numbers) {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** The value below which a share of the numbers lie; of no numbers, not a number. */
export function quantile(numbers, share) {
  const sorted = ascending(numbers);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Slope of y over x by least squares. */
export function slope(points) {
  const meanOf = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [meanOf(0), meanOf(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

function ascending(numbers) {
  return Float64Array.from(numbers).sort();
}
