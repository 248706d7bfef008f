/** Absolute addresses of a task, for answers and webhooks. */
export function taskLinks(publicUrl: string, taskId: string): { self: string; events: string; cancel: string } {
  const self = `${publicUrl.replace(/\/+$/, '')}/tasks/${taskId}`;
  return { self, events: `${self}/events`, cancel: `${self}/cancel` };
}
