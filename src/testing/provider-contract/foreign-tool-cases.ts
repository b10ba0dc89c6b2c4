import assert from 'node:assert/strict';
import { isSupported } from '../../domain/capability.ts';
import {
  failedWeather,
  foreignTowns,
  hasInput,
  otherTown,
  toldWeather,
  type ForeignRun,
} from './foreign-run.ts';
import type { ProviderCase } from './provider-case.ts';

function modelHeard(run: ForeignRun, text: string): void {
  assert.ok(
    run.heard.some((heard) => heard.includes(text)),
    `the model heard: ${text}`,
  );
}

/** The call of the function of the caller about a town. */
function callAbout(run: ForeignRun, town: string): string {
  const started = run.ofType('tool_call_started').find(({ data }) => hasInput(data, town));
  assert.ok(started, `a tool call about ${town}`);
  assert.equal(started.data.tool, 'client:weather', 'the name of the tool');
  return started.data.toolCallId;
}

/** Tools that aren't the agent's own. */
export const foreignToolCases: readonly ProviderCase[] = [
  {
    name: 'uses a tool of an MCP server, which gets its environment',
    claims: ['mcp_servers', 'tool_events'],
    async look({ foreign }, { capabilities }) {
      const run = await foreign();
      const [completed] = run.ofType('tool_call_completed');
      assert.equal(completed?.data.tool, 'mcp:lab/add', 'the name of the tool');
      const expected = 'the sum is 42, the secret has 6 letters';
      assert.ok(JSON.stringify(completed.data.output).includes(expected), 'the output of the tool');
      modelHeard(run, expected);
      if (isSupported(capabilities, 'approval_before_tool')) {
        const asked = run.host.questions.filter(({ call }) => call.tool === 'mcp:lab/add');
        assert.equal(asked.length, 1, 'questions about the call');
      }
    },
  },
  {
    name: 'offers the functions of the caller and tells the model what they gave',
    claims: ['client_tools', 'tool_events'],
    async look({ foreign }) {
      const run = await foreign();
      const { told } = foreignTowns;
      assert.deepEqual(run.calls[0], ['weather', { town: told }], 'the first call of the function');
      assert.equal(run.calls.filter(([, { town }]) => town === told).length, 1, 'calls of the function');
      const completed = run
        .ofType('tool_call_completed')
        .filter(({ data }) => data.toolCallId === callAbout(run, told));
      assert.deepEqual(
        completed.map(({ data }) => data.tool),
        ['client:weather'],
        'the end of the call',
      );
      modelHeard(run, toldWeather);
    },
  },
  {
    name: 'tells that a function of the caller failed, and goes on',
    claims: ['client_tools', 'tool_events'],
    async look({ foreign }) {
      const run = await foreign();
      assert.equal(run.outcome.output, 'That was all.');
      const failed = run
        .ofType('tool_call_failed')
        .filter(({ data }) => data.toolCallId === callAbout(run, foreignTowns.failed));
      assert.deepEqual(
        failed.map(({ data }) => data.reason),
        ['error'],
        'the end of the call, and its reason',
      );
      modelHeard(run, failedWeather);
    },
  },
  {
    name: 'calls a function of the caller with the input with which it was allowed',
    claims: ['client_tools'],
    async look({ foreign }) {
      const run = await foreign();
      const towns = run.calls.map(([, { town }]) => town);
      assert.equal(towns.includes(foreignTowns.changed), false, 'called with the input that was asked about');
      assert.deepEqual(
        towns.filter((town) => town === otherTown),
        [otherTown],
        'called with the changed input',
      );
    },
  },
  {
    name: 'does not call a function of the caller that was denied',
    claims: ['client_tools', 'approval_before_tool'],
    async look({ foreign }) {
      const run = await foreign();
      const { told, failed, denied } = foreignTowns;
      assert.deepEqual(
        run.calls.map(([, { town }]) => town),
        [told, failed, otherTown],
        'calls of the function',
      );
      const asked = run.host.questions.filter(({ call }) => call.tool === 'client:weather');
      assert.deepEqual(
        asked.map(({ call, answer }) => [call.kind, hasInput(call, denied), answer]),
        [
          ['client', false, { decision: 'allow' }],
          ['client', false, { decision: 'allow' }],
          ['client', false, { decision: 'allow', changedInput: { town: otherTown } }],
          ['client', true, { decision: 'deny', reason: 'No weather of that town.' }],
        ],
        'the questions',
      );
    },
  },
];
