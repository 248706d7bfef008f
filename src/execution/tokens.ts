/** `EndTaskParts`, put together once by the module. */
export const END_TASK_PARTS = Symbol('EndTaskParts');
