import { SLOW_MS } from './share-out.js';

/** A request on its way. */
export interface Flight {
  startedAt: number;
  /** Its endpoint was slow, or unknown, when it was claimed. */
  slow: boolean;
}

/**
 * The send slots of one dispatcher. Half of them are closed to endpoints that take longer than a second, and a request that has
 * become slow while it was on its way stops counting against that half: quick endpoints always find room.
 */
export class SendSlots {
  private readonly flights = new Set<Flight>();

  constructor(
    private readonly total: number,
    private readonly now: () => number,
  ) {}

  get inFlight(): number {
    return this.flights.size;
  }

  begin(slow: boolean): Flight {
    const flight = { startedAt: this.now(), slow };
    this.flights.add(flight);
    return flight;
  }

  end(flight: Flight): void {
    this.flights.delete(flight);
  }

  free(): { slots: number; slowSlots: number } {
    const half = Math.floor(this.total / 2) || 1;
    const late = this.now() - SLOW_MS;
    let slow = 0;
    for (const flight of this.flights) if (flight.slow || flight.startedAt < late) slow += 1;
    const quick = this.flights.size - slow;
    return { slots: Math.max(0, this.total - quick - Math.min(slow, half)), slowSlots: Math.max(0, half - slow) };
  }
}
