import type { RunEndData } from '../domain/event-data.ts';
import type { Run } from '../domain/run.ts';
import type { ManagerEnvironment } from './manager-environment.ts';

/** What a run had used when it was last heard of: its row is written only at the end. */
export async function lastUsage(environment: ManagerEnvironment, run: Run): Promise<RunEndData> {
  const page = await environment.log.page({
    sessionId: run.sessionId,
    runId: run.id,
    after: run.logStart,
    types: ['token_usage_updated'],
    order: 'descending',
    limit: 1,
  });
  const [last] = page.events;
  if (last?.type !== 'token_usage_updated') return { usage: run.usage };
  const { usage, cost } = last.data;
  return { usage, ...(cost === undefined ? {} : { cost }) };
}
