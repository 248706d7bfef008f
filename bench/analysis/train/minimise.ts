/** Value at `x`; fills `gradient`, which is as long. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** Steps remembered: what is known of the curvature. */
const memory = 6;
const enoughDecrease = 1e-4;
const maxHalvings = 20;

/** Moves `x` to the minimum of a smooth convex function, by L-BFGS with halved steps. No chance is in it. */
export function minimise(objective: Objective, x: Float64Array, iterations: number): void {
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const past: Step[] = [];
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const direction = descent(gradient, past);
    const slope = dot(direction, gradient);
    if (slope > -1e-9) return;
    const found = search(objective, x, direction, value, slope, past.length === 0 ? 1 / Math.sqrt(-slope) : 1);
    if (!found) return;
    remember(past, direction, found.width, gradient, found.gradient);
    x.set(found.x);
    ({ value, gradient } = found);
  }
}

interface Step {
  moved: Float64Array;
  turned: Float64Array;
  /** 1 / (moved · turned) */
  share: number;
}

/** Against the gradient, bent by what the last steps told of the curvature. */
function descent(gradient: Float64Array, past: readonly Step[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights: number[] = [];
  for (let at = past.length - 1; at >= 0; at -= 1) {
    const { moved, turned, share } = past[at]!;
    weights[at] = share * dot(moved, direction);
    add(direction, turned, -weights[at]!);
  }
  const last = past.at(-1);
  if (last) scale(direction, 1 / (last.share * dot(last.turned, last.turned)));
  for (const [at, { moved, turned, share }] of past.entries()) add(direction, moved, weights[at]! - share * dot(turned, direction));
  return direction;
}

function search(objective: Objective, x: Float64Array, direction: Float64Array, value: number, slope: number, first: number) {
  const tried = new Float64Array(x.length);
  const gradient = new Float64Array(x.length);
  let width = first;
  for (let halving = 0; halving < maxHalvings; halving += 1) {
    for (let at = 0; at < x.length; at += 1) tried[at] = x[at]! + width * direction[at]!;
    const there = objective(tried, gradient);
    if (there <= value + enoughDecrease * width * slope) return { x: tried, gradient, value: there, width };
    width /= 2;
  }
  return null;
}

function remember(past: Step[], direction: Float64Array, width: number, before: Float64Array, after: Float64Array): void {
  const moved = direction.map((value) => value * width);
  const turned = after.map((value, at) => value - before[at]!);
  const product = dot(moved, turned);
  if (product <= 0) return;
  past.push({ moved, turned, share: 1 / product });
  if (past.length > memory) past.shift();
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += a[at]! * b[at]!;
  return sum;
}

function add(to: Float64Array, other: Float64Array, times: number): void {
  for (let at = 0; at < to.length; at += 1) to[at]! += times * other[at]!;
}

function scale(vector: Float64Array, times: number): void {
  for (let at = 0; at < vector.length; at += 1) vector[at]! *= times;
}
