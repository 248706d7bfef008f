import { Injectable } from '@nestjs/common';
import type { RouteRule } from './route-rules.js';

/** A route as the router holds it, whoever mounted it. */
export interface MountedRoute {
  method: string;
  /** With its parameters: `/tasks/:id`. */
  url: string;
  rule: RouteRule;
}

/** Every route of the router with the rule that the door applies to it, filled while routes are mounted. */
@Injectable()
export class RouteTable {
  private readonly mounted: MountedRoute[] = [];

  get all(): readonly MountedRoute[] {
    return this.mounted;
  }

  add(route: MountedRoute): void {
    this.mounted.push(route);
  }
}
