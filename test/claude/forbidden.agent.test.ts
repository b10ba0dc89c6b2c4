import { claude } from '../../src/providers/claude/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { testForbidden } from '../forbidden/forbidden-suite.ts';
import { claudeAttempt, claudeChangingTools } from './claude-attempts.ts';

testForbidden({
  name: 'claude',
  provider: () => claude(),
  environment: (server, home) => claudeEnvironment(server, { home }),
  call: claudeAttempt,
  changing: claudeChangingTools,
  subagent: (task) => ({
    name: 'Agent',
    input: { description: 'make', prompt: task, subagent_type: 'general-purpose', run_in_background: false },
  }),
  refusesBy: 'disallowedTools: Bash, Monitor, PowerShell, Write, Edit',
});
