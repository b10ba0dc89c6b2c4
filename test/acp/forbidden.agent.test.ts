import { acp } from '../../src/providers/acp/provider.ts';
import { claudeEnvironment } from '../../src/testing/model-server/claude-environment.ts';
import { claudeAttempt, claudeChangingTools } from '../claude/claude-attempts.ts';
import { testForbidden } from '../forbidden/forbidden-suite.ts';

testForbidden({
  name: 'claude-agent-acp',
  provider: () => acp({ preset: 'claude-agent-acp' }),
  environment: (server, home) => claudeEnvironment(server, { home }),
  call: claudeAttempt,
  changing: claudeChangingTools,
  isSlow: true,
  // It writes through no link by its own tool.
  refusesAnyway: 1,
});
