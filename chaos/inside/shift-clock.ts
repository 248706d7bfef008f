const RealDate = Date;
const realNow = Date.now.bind(Date);
let shiftedByMs = 0;

/** This process believes that it is so many ms later. What has no argument tells the wrong time; timers and durations are not touched. */
export function shiftClock(ms: number): void {
  shiftedByMs = ms;
  if (globalThis.Date === RealDate) globalThis.Date = shifted;
}

const shiftedNow = () => realNow() + shiftedByMs;

const shifted = new Proxy(RealDate, {
  apply: () => new RealDate(shiftedNow()).toString(),
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  get: (target, name) => (name === 'now' ? shiftedNow : Reflect.get(target, name)),
});
