import { describe, expect, it } from 'vitest';
import type { Event, LogEvent } from '../../src/domain/event.ts';
import { permissionModes } from '../../src/domain/tool.ts';
import type { ModelToolUse, ModelTurn } from '../../src/testing/model-server/model-turn.ts';
import type { ForbiddenAgent } from './forbidden-agent.ts';
import { forbiddenTables, type Attempt, type ForbiddenPlaces } from './forbidden-attempt.ts';
import { openForbiddenRoom } from './forbidden-room.ts';

function turnsOf({ callsAtOnce = 40 }: ForbiddenAgent, calls: readonly ModelToolUse[]): readonly ModelTurn[] {
  const turns: ModelTurn[] = [];
  for (let at = 0; at < calls.length; at += callsAtOnce)
    turns.push({ tools: calls.slice(at, at + callsAtOnce) });
  return [...turns, { text: 'I tried everything.' }];
}

function violations(events: readonly LogEvent[]): readonly Event<'policy_violated'>[] {
  return events.flatMap((event) => (event.type === 'policy_violated' ? [event] : []));
}

function attemptCalls(
  agent: ForbiddenAgent,
  attempts: readonly Attempt[],
  places: ForbiddenPlaces,
): readonly ModelToolUse[] {
  return attempts.map((attempt) => agent.call(attempt, places));
}

function allCalls(agent: ForbiddenAgent, places: ForbiddenPlaces): readonly ModelToolUse[] {
  const calls = forbiddenTables.flatMap(({ attempts }) => attemptCalls(agent, attempts(places), places));
  return agent.elsewhere === undefined ? calls : [...calls, agent.elsewhere(places)];
}

/** How many calls were made, so that a script that the agent didn't follow is seen. */
function startedCalls(events: readonly LogEvent[]): number {
  return events.filter(({ type }) => type === 'tool_call_started').length;
}

/** Shows of an agent that what a policy forbids does not happen, whatever its model tries. */
export function testForbidden(agent: ForbiddenAgent): void {
  describe(`what a policy forbids ${agent.name}`, () => {
    it.each(permissionModes)(
      'does not happen in the mode %s, by a subagent neither',
      async (permissionMode) => {
        await using room = await openForbiddenRoom(agent);
        const { places } = room;
        const calls = allCalls(agent, places);
        const subagentCalls =
          agent.subagent === undefined
            ? []
            : attemptCalls(
                agent,
                [{ command: `touch '${places.file()}'` }, { write: places.file() }],
                places,
              );
        const start = agent.subagent === undefined ? [] : [agent.subagent('SUBTASK: make files')];
        const deny = forbiddenTables.map(({ rule }) => rule);
        const { result, events } = await room.run(
          turnsOf(agent, [...calls, ...start]),
          { permissionMode, policy: { name: 'all of it', action: 'warn', rules: { deny } } },
          subagentCalls.length === 0 ? [] : turnsOf(agent, subagentCalls),
        );
        expect(await room.made()).toEqual([]);
        expect(result).toMatchObject({ status: 'completed', output: 'I tried everything.' });
        const tries = calls.length + subagentCalls.length;
        expect(startedCalls(events)).toBe(tries + start.length);
        expect(violations(events)).toHaveLength(tries);
        expect(violations(events).filter(({ data }) => 'lineage' in data.details)).toHaveLength(
          subagentCalls.length,
        );
        expect(result.policy).toMatchObject({ action: 'warn', violationCount: tries });
      },
    );

    it.each(['default', 'dangerously_skip_permissions'] as const)(
      'does not happen by any other tool for it in the mode %s',
      async (permissionMode) => {
        await using room = await openForbiddenRoom(agent);
        const calls = agent.changing(room.places);
        const policy = { action: 'warn', rules: { deny: ['Bash', 'write'] } } as const;
        const { result } = await room.run(turnsOf(agent, calls), { permissionMode, policy });
        expect([await room.made(), await room.madeInside()]).toEqual([[], []]);
        expect(result).toMatchObject({ status: 'completed', policy: { violationCount: calls.length } });
        const layers = result.policy?.layers.map(({ layer }) => layer);
        expect(layers).toEqual(agent.refusesBy === undefined ? ['gated'] : ['compiled', 'gated']);
        if (agent.refusesBy !== undefined) expect(result.policy?.layers[0]?.how).toContain(agent.refusesBy);
      },
    );

    it('does not happen when only other tools may be used', async () => {
      await using room = await openForbiddenRoom(agent);
      const calls = agent.changing(room.places);
      const { result } = await room.run(turnsOf(agent, calls), {
        permissionMode: 'dangerously_skip_permissions',
        policy: { action: 'warn', tools: ['read', 'mcp:other/*'] },
      });
      expect([await room.made(), await room.madeInside()]).toEqual([[], []]);
      expect(result.policy?.violationCount).toBe(calls.length);
    });

    it('happens without the policy, not after a resume with one, which ends the run, and where it is allowed', async () => {
      await using room = await openForbiddenRoom(agent);
      const { places } = room;
      const calls = allCalls(agent, places);
      const permissionMode = 'dangerously_skip_permissions';
      const first = await room.run(turnsOf(agent, calls), { permissionMode });
      const made = await room.made();
      expect(made).toHaveLength(calls.length);
      expect(first.result.policy).toBeUndefined();

      const commands = ['echo x > inside', 'touch refused'];
      const tried = commands.map((command) => agent.call({ command }, places));
      const { result, events } = await room.run(turnsOf(agent, tried), {
        ...{ permissionMode, continuation: 'native' },
        policies: [
          { name: 'org', rules: { deny: ['*(outside .)'] } },
          { name: 'strict', rules: { deny: ['bash(touch)'] } },
        ],
      });
      expect(await room.made()).toEqual(made);
      expect(await room.madeInside()).toEqual(['inside']);
      expect(result).toMatchObject({
        status: 'failed',
        error: { code: 'policy_violation', details: { policy: 'strict', kind: 'tool_denied' } },
        policy: { name: 'org + strict', action: 'cancel', violationCount: 1 },
      });
      expect(violations(events)).toHaveLength(1);
      expect(events.findLast(({ runId }) => runId === result.runId)?.type).toBe('run_failed');
    });
  });
}
