import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { AgentRegistry } from './agents/registry.js';
import { addSharedHeaders, sharedHeaders } from './open-api-headers.js';
import { agentWebhook, agentWebhookName, describeCallbacks, describeWebhooks, WebhookBody, WebhookTestBody } from './open-api-webhook.js';
import {
  anyProblems,
  bodyProblems,
  faultProblems,
  generalProblems,
  type ProblemTable,
  problemResponse,
} from './platform/http/api-problems.js';
import { version } from './platform/version.js';
import { SubmitEnvelope } from './tasks/submit-envelope.dto.js';

/** The OpenAPI 3.1 document of the routes that are mounted; each agent gets a submit route of its own in it. */
export function describeApi(app: INestApplication, agents: AgentRegistry): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Postback')
    .setDescription('Long-running agent tasks on Postgres, with webhooks that always arrive.')
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An API key. What it may do depends on its scopes: submit, read, admin.',
    })
    .addCookieAuth(
      'postback_session',
      {
        type: 'apiKey',
        in: 'cookie',
        description: 'A session of the console; see `POST /console/session`. Over https the name is `__Host-postback_session`.',
      },
      'session',
    )
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('session')
    .addTag('tasks', 'Submit, look, cancel.')
    .addTag('agents', 'What can be submitted.')
    .addTag('endpoints', 'Register where webhooks go.')
    .addTag('admin', 'For operators: keys with the scope admin.')
    .addTag('health', 'For load balancers and orchestrators.')
    .build();
  const extraModels = [
    SubmitEnvelope,
    WebhookBody,
    WebhookTestBody,
    ...agents.all.flatMap((agent) => (agent.output === null ? [agent.input] : [agent.input, agent.output])),
  ];
  const document = SwaggerModule.createDocument(app, outline, { extraModels, operationIdFactory });
  const paths = Object.entries(document.paths).flatMap(([path, item]) =>
    path === '/agent/{type}' ? expand(path, item, agents) : [[path, item] as const],
  );
  for (const [, item] of paths) addWhatAllHave(item);
  const webhookBodies = Object.fromEntries(agents.all.map((agent) => [agentWebhookName(agent), agentWebhook(agent)]));
  const components = {
    ...document.components,
    headers: sharedHeaders,
    schemas: { ...document.components?.schemas, ...webhookBodies },
  };
  return { ...document, components, paths: Object.fromEntries(paths), webhooks: describeWebhooks() };
}

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Response = Extract<Operation['responses'][string], { description: string }>;

/** `OutboxController.show` is `outbox_show`. */
const operationIdFactory = (controller: string, method: string) => `${controller.replace(/Controller$/, '').toLowerCase()}_${method}`;

/** `POST /agent/{type}` becomes one operation per agent, with that agent's own body. */
function expand(path: string, item: PathItem, agents: AgentRegistry): [string, PathItem][] {
  const { post, ...rest } = item;
  const submits = agents.all.map((agent): [string, PathItem] => {
    const schema = { allOf: [{ $ref: `#/components/schemas/${agent.input.name}` }, { $ref: '#/components/schemas/SubmitEnvelope' }] };
    const operation = {
      ...post!,
      operationId: `submit_${agent.type.replaceAll('-', '_')}`,
      summary: `Submit a task of type ${agent.type}`,
      description: agent.description,
      parameters: post!.parameters?.filter((parameter) => !('in' in parameter && parameter.in === 'path')),
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: structuredClone(post!.responses), // each operation's own: what all have is added to them below
      callbacks: describeCallbacks(agent),
    };
    return [`/agent/${agent.type}`, { post: operation }];
  });
  return [[path, rest], ...submits];
}

/** What every route can answer is said once, here. A public route (`security: []`) asks for no key; one that takes a body needs the database all the same. */
function addWhatAllHave(item: PathItem): void {
  for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
    const takesBody = method === 'post' || method === 'patch';
    if (takesBody) addProblems(operation, bodyProblems);
    if (operation.security?.length !== 0) addProblems(operation, generalProblems);
    else if (takesBody) addProblems(operation, faultProblems);
    addProblems(operation, anyProblems);
    addSharedHeaders(operation);
  }
}

/** Beside what the route says of its own; it may have said some of it itself. */
function addProblems({ responses }: Operation, problems: ProblemTable): void {
  for (const [status, codes] of Object.entries(problems)) {
    const known = responses[status] as Response | undefined;
    const news = Object.entries(codes).filter(([code]) => !known?.description.includes(`\`${code}\``));
    const { description, content } = problemResponse(Object.fromEntries(news));
    responses[status] = { ...known, description: [known?.description, description].filter(Boolean).join('\n\n'), content };
  }
}
