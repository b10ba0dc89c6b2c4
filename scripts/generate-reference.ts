/**
 * Writes the tables of docs/ from the code, between the markers of each file. With `--check` it
 * writes nothing and fails when a table is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPrices } from '../src/cost/price-book.ts';
import { capabilityNames, type Capabilities, type CapabilityName } from '../src/domain/capability.ts';
import { errorCodes } from '../src/domain/error-code.ts';
import { eventTypes } from '../src/domain/event.ts';
import { acpCapabilities } from '../src/providers/acp/capabilities.ts';
import { acpPresets, presetOf, type AcpPresetName } from '../src/providers/acp/presets.ts';
import { ampCapabilities } from '../src/providers/amp/capabilities.ts';
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
  transcript_replay:
    "goes on with a conversation that it is told as text; needed for `continuation: 'replay'`",
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
  const columns: readonly (readonly [string, Capabilities])[] = [
    ['claude', claudeCapabilities],
    ['codex', codexCapabilities],
    ['amp', ampCapabilities],
    ['acp', acpCapabilities()],
    ['acp: claude-agent-acp', acpCapabilities('claude-agent-acp')],
    ['shell', shellCapabilities],
  ];
  const rows = capabilityNames.map(
    (name) =>
      `| \`${name}\` | ${capabilityMeanings[name]} | ${columns.map(([, table]) => table[name]).join(' | ')} |`,
  );
  const titles = columns.map(([provider]) => provider);
  const head = `| capability | what it means | ${titles.join(' | ')} |`;
  return [head, `|---|---|${titles.map(() => '---|').join('')}`, ...rows].join('\n');
}

/** One row for each known agent of the Agent Client Protocol. */
function presetTable(): string {
  const names = Object.keys(acpPresets).filter((name): name is AcpPresetName =>
    Object.hasOwn(acpPresets, name),
  );
  const rows = names.map((name) => {
    const { title, command, arguments: words, proof, notes } = presetOf(name) ?? acpPresets[name];
    const table = acpCapabilities(name);
    const cells = [
      `\`${name}\` (${title})`,
      `\`${[command, ...words].join(' ')}\``,
      table.approval_before_tool,
      table.permission_modes,
      table.native_resume,
      proof,
      notes,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = '| preset | command | asks before tools | five modes | resumes | known from | notes |';
  return [head, '|---|---|---|---|---|---|---|', ...rows].join('\n');
}

/** One row for each list price. */
function priceTable(): string {
  const rows = listPrices.map((price) => {
    const { model, since, input, cacheRead, cacheWrite, longCacheWrite, output, longestPrompt, seen } = price;
    const cells = [
      `\`${model}\`${since === undefined ? '' : ` from ${since}`}`,
      ...[input, cacheRead, cacheWrite, longCacheWrite, output].map((cell) => cell ?? '–'),
      longestPrompt === undefined ? '–' : String(longestPrompt),
      seen,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const sources = [...new Set(listPrices.map(({ source }) => `- ${source}`))];
  const head =
    '| model | input | cache read | cache write | for an hour | output | longest prompt | listed on |';
  return [head, '|---|---|---|---|---|---|---|---|', ...rows, '', 'Sources:', '', ...sources].join('\n');
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

const tables = {
  'reference/events': eventSections,
  'reference/errors': errorTable,
  'reference/capabilities': capabilityTable,
  'guides/acp': presetTable,
  'guides/cost': priceTable,
};
const check = process.argv.includes('--check');
for (const [name, make] of Object.entries(tables)) {
  const file = join(root, 'docs', `${name}.md`);
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
