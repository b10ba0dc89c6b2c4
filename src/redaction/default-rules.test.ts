import { describe, expect, it } from 'vitest';
import { createRedactor } from './redactor.ts';

const redactor = createRedactor();
const ab = (length: number): string => 'aB3dE6gH'.repeat(length).slice(0, length);

const found: readonly (readonly [input: string, output: string])[] = [
  [`sk-ant-api03-${ab(90)}`, '[REDACTED:anthropic_key]'],
  [`key sk-proj-${ab(20)}_-${ab(20)}, then`, 'key [REDACTED:openai_key], then'],
  [`sk-${ab(20)}_-${ab(20)}`, '[REDACTED:openai_key]'],
  [`AIza${ab(35)}`, '[REDACTED:google_key]'],
  ['AKIAIOSFODNN7EXAMPLE.', '[REDACTED:aws_access_key].'],
  ['aws_secret_access_key = wJalrXUtn/K7M+bPxRfi\n', 'aws_secret_access_key = [REDACTED:aws_secret_key]\n'],
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'].map(
    (prefix) => [`(${prefix}${ab(36)})`, '([REDACTED:github_token])'] as const,
  ),
  [`glpat-${ab(20)}`, '[REDACTED:gitlab_token]'],
  ['xoxb-123456-abcdef', '[REDACTED:slack_token]'],
  [
    `https://hooks.slack.com/services/T0/B0/${ab(24)}`,
    'https://hooks.slack.com/services/[REDACTED:slack_webhook]',
  ],
  [`sk_live_${ab(24)} whsec_${ab(24)}`, '[REDACTED:stripe_key] [REDACTED:stripe_webhook_secret]'],
  [`npm_${ab(36)}`, '[REDACTED:npm_token]'],
  [`hf_${ab(34)}`, '[REDACTED:hugging_face_token]'],
  [`\u001b[32mhf_${ab(34)}`, '\u001b[32m[REDACTED:hugging_face_token]'],
  [`\\nnpm_${ab(36)}`, '\\n[REDACTED:npm_token]'],
  ['AccountName=x;AccountKey=abc+/def==;Suffix=y', 'AccountName=x;AccountKey=[REDACTED:azure_key];Suffix=y'],
  [`sgp_${ab(40)} sgamp_user_${ab(30)}`, '[REDACTED:sourcegraph_token] [REDACTED:sourcegraph_token]'],
  [`eyJ${ab(17)}.eyJ${ab(20)}.${ab(30)}.`, '[REDACTED:jwt].'],
  [
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${ab(64)}\n${ab(10)}==\n-----END RSA PRIVATE KEY-----\nx`,
    '[REDACTED:private_key]\nx',
  ],
  [
    `"private_key": "-----BEGIN PRIVATE KEY-----\\n${ab(64)}\\n-----END PRIVATE KEY-----\\n",`,
    '"private_key": "[REDACTED:private_key]\\n",',
  ],
  [
    `  1→-----BEGIN PRIVATE KEY-----\n  2→${ab(64)}\n  3→-----END PRIVATE KEY-----\n  4→x`,
    '  1→[REDACTED:private_key]\n  4→x',
  ],
  [`-----BEGIN PRIVATE KEY-----\n${ab(64)}\n# cut off`, '[REDACTED:private_key]\n# cut off'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer [REDACTED:authorization]'],
  ['-H "authorization: Basic dXNlcjpwYXNz"', '-H "authorization: Basic [REDACTED:authorization]"'],
  ['postgres://user:p@ss@host:5432/db', 'postgres://user:[REDACTED:url_password]@host:5432/db'],
  [
    `https://ghp_${ab(36)}:x-oauth@github.com`,
    'https://[REDACTED:github_token]:[REDACTED:url_password]@github.com',
  ],
  ['{"password": "x", "b": 1}', '{"password": "[REDACTED:password]", "b": 1}'],
  [
    '{\\"password\\": \\"a\\\\\\"b\\", \\"c\\": 1}',
    '{\\"password\\": \\"[REDACTED:password]\\", \\"c\\": 1}',
  ],
  ['DB_PASSWORD=hunter\nX=1', 'DB_PASSWORD=[REDACTED:password]\nX=1'],
  ['password: hunter2. Then', 'password: [REDACTED:password]. Then'],
  ['?api_key=abc123&page=2', '?api_key=[REDACTED:api_key]&page=2'],
  ["'client_secret' => 'x',", "'client_secret' => '[REDACTED:secret]',"],
  ['const password: string = "x";', 'const password: string = "[REDACTED:password]";'],
  ['token: "x"', 'token: "[REDACTED:token]"'],
  ['--password hunter22 next', '--password [REDACTED:secret_argument] next'],
];

const harmless: readonly string[] = [
  'password = getPassword()',
  'token: string',
  'interface A { password: string; apiKey?: string }',
  '{"max_tokens": 5, "token_count": 3}',
  '3f786850e387550fdab836ed7e6dc881de23001b',
  '550e8400-e29b-41d4-a716-446655440000',
  'the prefix sk- in prose, and sk-learn',
  'task-implement-the-redaction-room-for-all-streams-now',
  'const password = process.env.PASSWORD!;',
  'password: z.string().min(8),',
  'connect(user=user, password=password)',
  'if (password == null) return;',
  'input("Password: ")',
  'PWD=/home/me',
  'password=$PASSWORD secret=${{ secrets.X }}',
  '/etc/passwd:12:root',
  'http://localhost:8080/a@b',
  'git@github.com:owner/repository.git',
  "if (x.startsWith('-----BEGIN PRIVATE KEY-----')) return;",
  '"-----BEGIN PRIVATE KEY-----\\n" + body + "\\n-----END PRIVATE KEY-----"',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'bearer authentication and basic internationalization',
  '"password": "[REDACTED:password]"',
];

describe('default redaction rules', () => {
  it.each(found)('redact %j', (input, output) => {
    expect(redactor.text(input).text).toBe(output);
  });

  it.each(harmless)('leave %j', (text) => {
    expect(redactor.text(text)).toEqual({ text, count: 0 });
  });

  it('count each of several secrets in one text', () => {
    expect(redactor.text('password=a1 AKIAIOSFODNN7EXAMPLE "secret": "x"').count).toBe(3);
  });
});
