import { oneOf } from '../domain/choice.ts';
import { sessionStatuses, type Session } from '../domain/session.ts';
import { openReader } from './open-reader.ts';
import { write, writeJson } from './output.ts';
import { recoverRuns } from './recovery.ts';
import type { SharedOptions } from './shared-options.ts';
import { outputWidth, renderTable } from './table.ts';
import { ago } from './time-text.ts';

interface SessionsOptions extends SharedOptions {
  readonly status?: readonly string[];
  readonly limit?: number;
}

/** `asm sessions` */
export async function sessionsCommand(options: SessionsOptions): Promise<void> {
  const status = options.status?.map((name) => oneOf('--status', name, sessionStatuses));
  await using manager = await openReader(options);
  await recoverRuns(manager, options);
  const page = await manager.sessions({
    ...(status === undefined ? {} : { status }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  });
  if (options.json === true) {
    for (const session of page.rows) await writeJson(session);
    return;
  }
  if (page.rows.length === 0) {
    await write(
      status === undefined
        ? 'No session yet. Start one: asm run "…"\n'
        : `No session is ${status.join(' or ')}.\n`,
    );
    return;
  }
  const table = renderTable<Session>(
    page.rows,
    [
      { title: 'SESSION', value: (session) => session.id },
      { title: 'STATUS', value: (session) => session.status },
      { title: 'PROVIDER', value: (session) => session.provider ?? '', leaveOut: 2 },
      { title: 'CREATED', value: (session) => ago(session.createdAt), leaveOut: 3 },
      { title: 'TITLE', value: (session) => session.title ?? '', flexible: true },
      { title: 'FOLDER', value: (session) => session.cwd ?? '', flexible: true, leaveOut: 1 },
    ],
    outputWidth(),
  );
  await write(`${table}\n`);
  if (page.nextCursor !== undefined && page.rows.length < 1_000) {
    process.stderr.write(`More: asm sessions --limit ${Math.min(1_000, page.rows.length * 2)}\n`);
  }
}
