/**
 * Writes the tables of docs/reference/ from the code, between the markers of each file. With `--check` it
 * writes nothing and fails when a table is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capabilityNames, type CapabilityName } from '../src/domain/capability.ts';
import { errorCodes } from '../src/domain/error-code.ts';
import { eventTypes } from '../src/domain/event.ts';
import { claudeCapabilities } from '../src/providers/claude/capabilities.ts';
import { codexCapabilities } from '../src/providers/codex/capabilities.ts';
import { shellCapabilities } from '../src/providers/shell/capabilities.ts';

const root = join(import.meta.dirname, '..');

const capabilityMeanings: Readonly<Record<CapabilityName, string>> = {
  text_deltas: 'text arrives in pieces while it is written (`message_streamed`)',
  reasoning: 'the reasoning of the model is reported',
  tool_events: 'each tool call and its result are reported',
  approval_before_tool: 'the gate is asked before a tool runs; needed for `authorize`',
  changed_tool_input: '`authorize` may change the input of a tool',
  steer: 'takes a message while it works (`run.steer`)',
  interrupt: 'stops a turn and keeps the conversation (`run.interrupt`)',
  native_resume: "goes on with its own earlier conversation; needed for `continuation: 'native'`",
  fork: 'branches off from an earlier conversation and leaves that as it is',
  client_tools: 'calls functions of your program; needed for `clientTools`',
  mcp_servers: 'uses MCP servers; needed for `mcpServers`',
  system_prompt: 'takes instructions; needed for `systemPrompt`',
  max_turns: 'stops after so many answers of its model; needed for `maxTurns`',
  tool_rules: 'rules decide about its tools; needed for `rules`',
  cost_reported: 'says what a run cost',
  usage_reported: 'says how many tokens a run used',
  usage_per_answer: 'says what each answer of its model used (`turn_completed`)',
  structured_output: 'answers in a form that a JSON Schema describes; needed for `outputSchema`',
  permission_modes: 'the five modes hold; needed for `permissionMode`',
  process_isolation: 'no two sessions share a process of the agent',
};

function errorTable(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { category, retryable, recovery, meaning }]) =>
      `| \`${code}\` | ${category} | ${retryable ? 'yes' : 'no'} | \`${recovery}\` | ${meaning} |`,
  );
  return ['| code | category | retryable | recovery | meaning |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

function capabilityTable(): string {
  const rows = capabilityNames.map(
    (name) =>
      `| \`${name}\` | ${capabilityMeanings[name]} | ${claudeCapabilities[name]} | ${codexCapabilities[name]} | ${shellCapabilities[name]} |`,
  );
  return ['| capability | what it means | claude | codex | shell |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** One section for each event, of its comment and its fields in the source, then the shared shapes. */
function eventSections(): string {
  const source = readFileSync(join(root, 'src/domain/event-data.ts'), 'utf8');
  const [, body = '', rest = ''] = /export interface EventData \{\n(.*?)\n\}\n(.*)/s.exec(source) ?? [];
  const member =
    /(?: {2}\/\*\* ((?:(?!\*\/).)*?) \*\/\n)? {2}(\w+): (.*?);(?=\n(?:\n| {2}\w| {2}\/\*\*|$)|$)/gs;
  const found = new Map([...body.matchAll(member)].map(([, when, name, data]) => [name, { when, data }]));
  const sections = eventTypes.map((type) => {
    const { when, data } = found.get(type) ?? {};
    if (when === undefined || data === undefined) throw new Error(`${type} has no comment in event-data.ts`);
    const fields =
      data === 'EmptyData' ? 'No data.' : fenced(data.replaceAll('readonly ', '').replaceAll(/^ {2}/gm, ''));
    return `### \`${type}\`\n\n${when}\n\n${fields}`;
  });
  const shared = [...rest.matchAll(/(?:\/\*\* (.*?) \*\/\n)?export interface (\w+) (\{\n.*?\n\})/gs)].map(
    ([, , name = '', fields = '']) => `### \`${name}\`\n\n${fenced(fields.replaceAll('readonly ', ''))}`,
  );
  return [...sections, '## Shared shapes', ...shared].join('\n\n');
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

const tables = { events: eventSections, errors: errorTable, capabilities: capabilityTable };
const check = process.argv.includes('--check');
for (const [name, make] of Object.entries(tables)) {
  const file = join(root, 'docs', 'reference', `${name}.md`);
  const before = readFileSync(file, 'utf8');
  const markers = /(<!-- generated: begin -->\n).*(<!-- generated: end -->)/s;
  if (!markers.test(before)) throw new Error(`${file} has no markers for what is generated`);
  const after = before.replace(markers, (_, begin: string, end: string) => `${begin}\n${make()}\n\n${end}`);
  if (after === before) continue;
  if (!check) writeFileSync(file, after);
  else {
    console.error(`${file} is out of date; run: node scripts/generate-reference.ts`);
    process.exitCode = 1;
  }
}
