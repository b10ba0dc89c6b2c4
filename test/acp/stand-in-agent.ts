import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How the stand-in for an agent behaves once it is asked something; `well`: it answers with two pieces. */
export type StandInManner =
  | 'well'
  | 'silent-from-the-start'
  | 'deaf-in-the-turn'
  | 'ends-with-code-0'
  | 'closes-its-output'
  | 'writes-garbage'
  | 'writes-only-garbage'
  | 'writes-a-line-without-end'
  | 'floods'
  | 'speaks-another-version'
  | 'wants-files-and-terminals'
  | 'cancels-itself'
  | 'offers-only-for-ever'
  | 'loads'
  | 'has-options'
  | 'asks-nothing';

/**
 * A program for Node.js that speaks the protocol of agents over standard input and output, in the manner
 * that its first argument says: what no real agent can be made to do.
 */
const source = `
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const manner = process.argv[2];
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const update = (fields) => send({ method: 'session/update', params: { sessionId: 'conversation', update: fields } });
const say = (text) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
const waiting = new Map();
let count = 0;
const ask = (method, params) => new Promise((resolve) => {
  const id = 'q' + ++count;
  waiting.set(id, resolve);
  send({ id, method, params: { sessionId: 'conversation', ...params } });
});
const options = [{ id: 'm', category: 'model', type: 'select', currentValue: 'small', options: [{ value: 'small' }, { value: 'large' }] }];
const modes = { currentModeId: 'ask', availableModes: [{ id: 'ask', name: 'Ask' }, { id: 'yolo', name: 'All' }] };
let model = 'small', mode = 'ask';

async function turn(id, text) {
  const end = (stopReason) => send({ id, result: { stopReason } });
  switch (manner) {
    case 'deaf-in-the-turn':
      spawn('sleep', ['600'], { stdio: 'ignore' });
      return say('I hang.');
    case 'ends-with-code-0':
      return process.stdout.write('', () => process.exit(0));
    case 'closes-its-output':
      setInterval(() => undefined, 1000);
      return process.stdout.end();
    case 'writes-garbage':
      process.stdout.write('Warning: something\\n');
      send({ method: 'novel/thing', params: { x: 1 } });
      update({ sessionUpdate: 'hologram', x: 1 });
      send({ id: 4711, result: {} });
      break;
    case 'writes-a-line-without-end': {
      const block = 'x'.repeat(1024 * 1024);
      const more = () => { while (process.stdout.write(block)); process.stdout.once('drain', more); };
      return more();
    }
    case 'floods': {
      const piece = 'y'.repeat(100_000);
      for (let i = 0; i < 1000; i++) if (!say(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
      return end('end_turn');
    }
    case 'wants-files-and-terminals': {
      const answers = [];
      for (const [method, params] of [['fs/read_text_file', { path: '/etc/passwd' }], ['fs/write_text_file', { path: '/tmp/x', content: '' }], ['terminal/create', { command: 'id' }]])
        answers.push((await ask(method, params)).error?.code);
      say(answers.join(' '));
      return end('end_turn');
    }
    case 'cancels-itself':
      return end('cancelled');
    case 'offers-only-for-ever': {
      const toolCall = { toolCallId: 't', title: 'ls', kind: 'execute', rawInput: { command: 'ls' } };
      const answer = await ask('session/request_permission', { toolCall, options: [{ optionId: 'always', name: 'A', kind: 'allow_always' }, { optionId: 'no', name: 'N', kind: 'reject_once' }] });
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'failed' });
      say(answer.result.outcome.optionId);
      return end('end_turn');
    }
    case 'asks-nothing':
      update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'Look', kind: 'read', status: 'in_progress', locations: [{ path: '/a' }] });
      update({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed', content: [{ type: 'content', content: { type: 'text', text: 'seen' } }] });
      break;
    case 'has-options':
      say(model + ' ' + mode + ' ');
      break;
  }
  say('Hello, ');
  say('you said: ' + text);
  end('end_turn');
}

if (manner === 'writes-only-garbage') {
  const more = () => { while (process.stdout.write('not a message\\n')); process.stdout.once('drain', more); };
  more();
}
if (manner !== 'silent-from-the-start') {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method === 'initialize') {
      const can = manner === 'loads' ? { loadSession: true } : {};
      send({ id, result: { protocolVersion: manner === 'speaks-another-version' ? 99 : 1, agentCapabilities: can, agentInfo: { name: 'stand-in', version: '1.2.3' } } });
    } else if (method === 'session/new') {
      send({ id, result: { sessionId: 'conversation', ...(manner === 'has-options' ? { configOptions: options, modes } : {}) } });
    } else if (method === 'session/load') {
      say('This was said in an earlier run.');
      send({ id, result: {} });
    } else if (method === 'session/set_config_option') {
      if (params.value === 'small' || params.value === 'large') { model = params.value; send({ id, result: { configOptions: options } }); }
      else send({ id, error: { code: -32602, message: 'Invalid params' } });
    } else if (method === 'session/set_mode') {
      // It isn't asked to become what it said that it is.
      if (params.modeId === mode) send({ id, error: { code: -32600, message: 'That is the mode.' } });
      else send({ id, result: {} });
      mode = params.modeId;
    } else if (method === 'session/prompt') void turn(id, params.prompt[0].text);
    else if (method === undefined) waiting.get(id)?.({ result, error });
  }
} else setInterval(() => undefined, 1000);
`;

/** Writes the stand-in's program into a folder; gives its path. */
export async function writeStandIn(folder: string): Promise<string> {
  const path = join(folder, 'stand-in-agent.mjs');
  await writeFile(path, source);
  return path;
}
