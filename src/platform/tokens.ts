/** What Nest injects by name because it is a value or an interface, not a class. */
export const CONFIG = Symbol('Config');
export const LOGGER = Symbol('Logger');
export const EGRESS_RULES = Symbol('EgressRules');
/** UUIDv7 of this process, as in `processes.id`. */
export const PROCESS_ID = Symbol('process id');
