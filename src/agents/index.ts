import type { AnyAgent } from './agent.js';
import { AnalyzeDocumentAgent } from './analyze-document/analyze-document.agent.js';
import { EchoAgent } from './echo/echo.agent.js';

/** What is asked for by type has an input that only the agent itself knows. */
type AgentClass = new () => AnyAgent;

/** The task types of this service. One line adds one. */
const agents: AgentClass[] = [AnalyzeDocumentAgent];

/** Offered only with `POSTBACK_DEMO_AGENTS=true`: they can be told to kill the worker. */
const demoAgents: AgentClass[] = [EchoAgent];

export function createAgents({ demo }: { demo: boolean }): AnyAgent[] {
  return [...agents, ...(demo ? demoAgents : [])].map((AgentClass) => new AgentClass());
}
