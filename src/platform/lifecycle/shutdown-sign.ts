import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';

/** Whether this process has begun to shut down: what is under way is finished, nothing new is begun. */
@Injectable()
export class ShutdownSign implements BeforeApplicationShutdown {
  private up = false;

  get begun(): boolean {
    return this.up;
  }

  beforeApplicationShutdown(): void {
    this.up = true;
  }
}
