import { type AgentRegistry, runPolicy } from '../agents/registry.js';
import type { Config } from '../config/config.js';
import type { RunLimits } from './release-tasks.js';

/** An agent's own limit holds unless the operator names another. Throws on a type that does not exist. */
export function runLimits({ worker }: Pick<Config, 'worker'>, agents: AgentRegistry): RunLimits {
  const perType = new Map<string, number>();
  for (const agent of agents.all) {
    const { maxConcurrency } = runPolicy(agent);
    if (maxConcurrency !== null) perType.set(agent.type, maxConcurrency);
  }
  for (const [type, most] of worker.agentConcurrency) {
    if (agents.get(type) === undefined)
      throw new Error(`POSTBACK_AGENT_CONCURRENCY names "${type}", which is no task type here. Take some of: ${agents.types.join(', ')}.`);
    perType.set(type, most);
  }
  return { perTenant: worker.tenantConcurrency === 0 ? null : worker.tenantConcurrency, perType };
}
