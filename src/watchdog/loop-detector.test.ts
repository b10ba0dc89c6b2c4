import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { LoopReport } from '../domain/loop-report.ts';
import { createSeededRandom } from '../testing/store-contract/seeded-random.ts';
import { LoopDetector, type StartedCall } from './loop-detector.ts';
import { loopSettings, type LoopOptions } from './loop-options.ts';

interface Made {
  readonly tool: string;
  readonly input: JsonObject;
  readonly output: JsonValue;
  readonly failed?: boolean;
  readonly exitCode?: number;
  readonly agentId?: string;
  readonly remarks?: readonly string[];
}

const read = (path: string, output: string): Made => ({ tool: 'read', input: { path }, output });
const bash = (command: string, output: string): Made => ({ tool: 'bash', input: { command }, output });
const edit = (path: string, to: string): Made => ({ tool: 'edit', input: { path, to }, output: 'ok' });
const failing = (made: Made): Made => ({ ...made, failed: true });

/** An agent whose calls follow each other. */
class Agent {
  readonly detector: LoopDetector;
  #count = 0;

  constructor(options: LoopOptions = {}) {
    this.detector = new LoopDetector(loopSettings(options));
  }

  begin({ tool, input, agentId, remarks }: Made): StartedCall {
    const call = {
      id: `call-${++this.#count}`,
      ...{ name: tool, tool, input },
      ...(agentId === undefined ? {} : { lineage: { agentId } }),
      ...(remarks === undefined ? {} : { remarks }),
    };
    // Events of a call don't say which fields are remarks; whoever is asked about it is told.
    this.detector.started({ ...call, remarks: [] });
    return call;
  }

  make(made: Made): LoopReport | undefined {
    const call = this.begin(made);
    this.detector.asked(call);
    this.detector.decided(call.id, 'allow');
    return this.detector.ended(call.id, { ...made, failed: made.failed ?? false });
  }

  /** What was found, with the number of the call from 1. */
  makeAll(calls: readonly Made[]): readonly string[] {
    return calls.flatMap((made, index) => {
      const loop = this.make(made);
      return loop === undefined ? [] : `${index + 1} ${loop.kind} ${loop.calls.length}`;
    });
  }
}

function times(count: number, ...calls: readonly Made[]): readonly Made[] {
  return Array.from({ length: count }, () => calls).flat();
}

describe('a loop is', () => {
  it('the same call with the same result again and again, told once', () => {
    expect(new Agent().makeAll(times(20, bash('ls', 'a')))).toEqual(['5 same_call 1']);
  });

  it('two calls in turn, told once', () => {
    expect(new Agent().makeAll(times(20, read('a', 'A'), bash('ls', 'x')))).toEqual(['8 cycle 2']);
  });

  it.each([3, 4])('%i calls in turn', (length) => {
    const round = Array.from({ length }, (_, index) => read(`${index}`, 'same'));
    expect(new Agent().makeAll(times(10, ...round))).toEqual([`${4 * length} cycle ${length}`]);
  });

  it('calls of one tool that fail with the same text, whatever their input', () => {
    const calls = Array.from({ length: 12 }, (_, index) =>
      failing({ ...edit('a', `${index}`), output: 'not found' }),
    );
    expect(new Agent().makeAll(calls)).toEqual(['5 same_error 1']);
  });

  it('a call that fails and one that looks, in turn, although each try is another', () => {
    const calls = Array.from({ length: 8 }, (_, index) => [
      failing({ ...edit('a', `${index}`), output: 'not found' }),
      read('a', 'A'),
    ]).flat();
    expect(new Agent().makeAll(calls)).toEqual(['8 cycle 2']);
  });

  it('told again when the agent comes back to it', () => {
    const loop = times(7, bash('ls', 'a'));
    expect(new Agent().makeAll([...loop, read('b', 'B'), ...loop])).toEqual([
      '5 same_call 1',
      '13 same_call 1',
    ]);
  });

  it('found whatever the order of the input is, and whatever is remarked', () => {
    const calls: readonly Made[] = [
      { tool: 'bash', input: { command: 'ls', timeout: 5, description: 'List' }, output: 'a' },
      { tool: 'bash', input: { timeout: 5, description: 'Look around', command: 'ls' }, output: 'a' },
    ].map((made) => ({ ...made, remarks: ['description'] }));
    expect(new Agent().makeAll(times(3, ...calls))).toEqual(['5 same_call 1']);
  });

  it('found in calls that run side by side, in whatever order they end', () => {
    const agent = new Agent({ cycle: 3 });
    const found: (LoopReport | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const one = agent.begin(read('a', 'A'));
      const two = agent.begin(read('b', 'B'));
      const inOrder = turn % 2 === 0 ? [one, two] : [two, one];
      for (const { id } of inOrder)
        found.push(agent.detector.ended(id, { failed: false, output: id === one.id ? 'A' : 'B' }));
    }
    expect(found.flatMap((loop) => loop?.kind ?? [])).toEqual(['cycle']);
  });

  it('found beside a call that does not end', () => {
    const agent = new Agent();
    agent.begin(bash('sleep infinity', ''));
    expect(agent.makeAll(times(20, bash('ls', 'a')))).toHaveLength(1);
  });
});

describe('no loop is', () => {
  it('a poll whose result changes', () => {
    const calls = Array.from({ length: 50 }, (_, index) => bash('curl status', `${index}% done`));
    expect(new Agent().makeAll(calls)).toEqual([]);
  });

  it('the same read after each edit', () => {
    const calls = Array.from({ length: 50 }, (_, index) => [
      edit('a', `${index}`),
      read('a', `${index}`),
    ]).flat();
    expect(new Agent().makeAll(calls)).toEqual([]);
  });

  it('two files that are edited in turn, each time differently', () => {
    const calls = Array.from({ length: 50 }, (_, index) => [
      edit('a', `${index}`),
      edit('b', `${index}`),
    ]).flat();
    expect(new Agent().makeAll(calls)).toEqual([]);
  });

  it('a test that fails in the same way after different edits', () => {
    const calls = Array.from({ length: 50 }, (_, index) => [
      edit('a', `${index}`),
      failing({ ...bash('npm test', '1 failed'), exitCode: 1 }),
    ]).flat();
    expect(new Agent().makeAll(calls)).toEqual([]);
  });

  it('different searches that find nothing', () => {
    const calls = Array.from({ length: 50 }, (_, index) =>
      failing({ ...bash(`grep ${index} file`, index % 2 === 0 ? 'Exit code 1' : ''), exitCode: 1 }),
    );
    expect(new Agent().makeAll(calls)).toEqual([]);
  });

  it('the same call made by several agents, or stopped', () => {
    const agents = Array.from({ length: 20 }, (_, index) => ({
      ...read('a', 'A'),
      agentId: `${index % 10}`,
    }));
    expect(new Agent().makeAll(agents)).toEqual([]);
    const stopped = new Agent();
    for (let count = 0; count < 20; count++)
      expect(stopped.detector.ended(stopped.begin(bash('ls', '')).id, undefined)).toBeUndefined();
  });

  it('what is not looked for, or not often enough', () => {
    expect(new Agent({ sameCall: 0, cycle: 2 }).makeAll(times(50, bash('ls', 'a')))).toEqual([]);
    expect(new Agent({ sameCall: 100 }).makeAll(times(99, bash('ls', 'a')))).toEqual([]);
    expect(new Agent({ cycle: 0 }).makeAll(times(50, read('a', 'A'), read('b', 'B')))).toEqual([]);
  });
});

describe('a loop that somebody is asked about', () => {
  const listing = bash('ls', 'a');

  function inLoop(): Agent {
    const agent = new Agent({ action: 'request_approval' });
    agent.makeAll(times(5, listing));
    return agent;
  }

  it('is known when a call would go on with it, and no other', () => {
    const agent = inLoop();
    expect(agent.detector.asked(agent.begin(read('b', '')))).toBeUndefined();
    expect(agent.detector.asked(agent.begin(listing))).toMatchObject({ kind: 'same_call', times: 5 });
  });

  it('is asked about again after it was refused, also when the agent fails at something else', () => {
    const agent = inLoop();
    const call = agent.begin(listing);
    agent.detector.asked(call);
    agent.detector.decided(call.id, 'deny');
    agent.detector.ended(call.id, { failed: true, output: 'refused' });
    agent.make(failing(read('none', 'no such file')));
    expect(agent.detector.asked(agent.begin(listing))).toBeDefined();
  });

  it('may go on as long as before once it was allowed', () => {
    const agent = inLoop();
    expect(agent.make(listing)).toBeUndefined();
    expect(agent.makeAll(times(4, listing))).toEqual(['4 same_call 1']);
  });

  it('is over when the agent does something else', () => {
    const agent = inLoop();
    agent.make(read('b', 'B'));
    expect(agent.detector.asked(agent.begin(listing))).toBeUndefined();
  });

  it('of errors is one for every input of the tool', () => {
    const agent = new Agent({ action: 'request_approval' });
    agent.makeAll(times(5, failing(edit('a', 'b'))));
    expect(agent.detector.asked(agent.begin(edit('c', 'd')))).toMatchObject({ kind: 'same_error' });
    expect(agent.detector.asked(agent.begin(read('c', '')))).toBeUndefined();
  });
});

/** Where the same is found by looking at all steps at once. */
function expected(
  keys: readonly string[],
  { sameCall, cycle }: { sameCall: number; cycle: number },
): string[] {
  const found: string[] = [];
  let told: number | undefined;
  keys.forEach((key, index) => {
    if (told !== undefined && keys[index - told] === key) return;
    told = [1, 2, 3, 4].find((length) => {
      const size = length * (length === 1 ? sameCall : cycle);
      const tail = keys.slice(Math.max(0, index + 1 - size), index + 1);
      const repeats = (round: number): boolean =>
        tail.every((name, at) => at < round || name === tail[at - round]);
      return (
        tail.length === size && repeats(length) && ![1, 2, 3].some((less) => less < length && repeats(less))
      );
    });
    if (told !== undefined) found.push(`${index + 1} ${told}`);
  });
  return found;
}

describe('of any sequence', () => {
  it('finds the same as looking at all of it', () => {
    const random = createSeededRandom(41);
    let loops = 0;
    for (let sequence = 0; sequence < 3_000; sequence++) {
      const alphabet = 1 + random.below(4);
      const limits = { sameCall: 2 + random.below(5), cycle: 2 + random.below(3) };
      const round = Array.from({ length: 1 + random.below(5) }, () => `${random.below(alphabet)}`);
      // Loops with a disturbance now and then: of what is only random, too little would repeat.
      const keys = Array.from({ length: random.below(60) }, (_, index) =>
        random.chance(0.05) ? `${random.below(alphabet)}` : (round[index % round.length] ?? ''),
      );
      const agent = new Agent({ ...limits, sameError: limits.sameCall });
      const found = keys.flatMap((key, index) => {
        const made = read(key, key);
        // Whether a key fails says nothing about which keys are equal.
        const loop = agent.make(key === '0' ? failing(made) : made);
        return loop === undefined ? [] : `${index + 1} ${loop.calls.length}`;
      });
      expect(found, keys.join(' ')).toEqual(expected(keys, limits));
      loops += found.length;
    }
    expect(loops).toBeGreaterThan(1_000);
  });

  it('lives with inputs and results that are nested as deep as nobody can read', () => {
    let deep: JsonValue = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(new Agent().makeAll(times(20, { tool: 'read', input: { deep }, output: deep }))).toEqual([]);
    expect(new Agent().makeAll(times(20, failing({ ...read('a', ''), output: deep })))).toEqual([]);
  });

  it('keeps little, whatever an agent does', () => {
    const random = createSeededRandom(42);
    const { detector } = new Agent({ action: 'request_approval', sameCall: 2, cycle: 2 });
    for (let step = 0; step < 20_000; step++) {
      const id = `${'x'.repeat(random.below(400))}${random.below(5_000)}`;
      const call: StartedCall = {
        ...{ id, name: 'n', tool: 't', input: { n: random.below(3) } },
        ...(random.chance(0.5) ? { lineage: { agentId: `${random.below(1_000)}` } } : {}),
      };
      detector.started(call);
      if (random.chance(0.5)) detector.asked(call);
      if (random.chance(0.2)) detector.decided(id, random.pick(['allow', 'deny']));
      if (random.chance(0.3)) detector.ended(id, { failed: random.chance(0.5), output: random.below(3) });
      expect(detector.size).toBeLessThanOrEqual(32 * 128);
    }
    expect(detector.size).toBeGreaterThan(0);
    detector.reset();
    expect(detector.size).toBe(0);
  });
});
