import { join } from 'node:path';
import type { ModelToolUse } from '../../src/testing/model-server/model-turn.ts';
import type { Attempt, ForbiddenPlaces } from '../forbidden/forbidden-attempt.ts';

/** How Claude Code's model tries something. */
export function claudeAttempt(attempt: Attempt, { cwd }: ForbiddenPlaces): ModelToolUse {
  if ('command' in attempt)
    return { name: 'Bash', input: { command: attempt.command, description: 'A command' } };
  if ('mcp' in attempt) {
    const { server, tool, path } = attempt.mcp;
    return { name: `mcp__${server}__${tool}`, input: { path } };
  }
  // Its tool takes absolute paths only.
  const path = attempt.write.startsWith('/') ? attempt.write : `${cwd}/${attempt.write}`;
  return { name: 'Write', input: { file_path: path, content: 'x' } };
}

/** Every tool of Claude Code that runs commands or changes files. */
export function claudeChangingTools({ cwd, file }: ForbiddenPlaces): readonly ModelToolUse[] {
  return [
    { name: 'Bash', input: { command: `touch '${file()}'`, description: 'A command' } },
    { name: 'Monitor', input: { command: `touch '${file()}'`, description: 'A command', timeout_ms: 1_000 } },
    { name: 'PowerShell', input: { command: `touch '${file()}'`, description: 'A command' } },
    { name: 'Write', input: { file_path: join(cwd, 'written'), content: 'x' } },
    { name: 'Edit', input: { file_path: join(cwd, 'edited'), old_string: '', new_string: 'x' } },
    {
      name: 'MultiEdit',
      input: { file_path: join(cwd, 'multi'), edits: [{ old_string: '', new_string: 'x' }] },
    },
    { name: 'NotebookEdit', input: { notebook_path: join(cwd, 'book.ipynb'), new_source: 'x' } },
  ];
}

/** Its call for a subagent with this task. */
export function claudeSubagent(task: string): ModelToolUse {
  const input = { description: 'make', prompt: task, subagent_type: 'general-purpose' };
  return { name: 'Agent', input: { ...input, run_in_background: false } };
}
