/** Random numbers from a seed: the same on every machine. */
export interface Random {
  /** A number from 0 to `limit - 1`. */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** A generator of the kind "mulberry32". */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
  return {
    below,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new TypeError('nothing to pick from');
      return item;
    },
  };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` characters from `characters`. */
export function randomString(random: Random, length: number, characters = alphabet): string {
  let result = '';
  for (let index = 0; index < length; index += 1) result += characters[random.below(characters.length)];
  return result;
}

type Maker = (random: Random) => string;

function prefixed(prefix: string, length: number, characters?: string): Maker {
  return (random) => prefix + randomString(random, length + random.below(8), characters);
}

const jwt: Maker = (random) =>
  `eyJ${randomString(random, 15)}.${randomString(random, 20, `${alphabet}_-`)}.${randomString(random, 22)}`;

const privateKey: Maker = (random) => {
  const newline = random.pick(['\n', '\\n', '\r\n', '\n     2→', '\n+', '\n-', '\\\\n']);
  const lines = [
    randomString(random, 64, `${alphabet}+/`),
    randomString(random, 30),
    `${randomString(random, 10)}==`,
  ];
  const label = random.pick(['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED ']);
  return [`-----BEGIN ${label}PRIVATE KEY-----`, ...lines, `-----END ${label}PRIVATE KEY-----`].join(newline);
};

/** Makers of secrets that every redactor with the default rules must remove. */
export const secretMakers: readonly Maker[] = [
  prefixed('sk-ant-api03-', 60, `${alphabet}_-`),
  prefixed('sk-proj-', 40, `${alphabet}_-`),
  prefixed('AIza', 35, `${alphabet}_-`),
  prefixed('ghp_', 36),
  prefixed('github_pat_', 60, `${alphabet}_`),
  prefixed('glpat-', 20),
  prefixed('xoxb-', 30, '0123456789-abcdef'),
  prefixed('sk_live_', 24),
  jwt,
  privateKey,
];

const otherSecrets: readonly Maker[] = [
  prefixed('sk-', 48),
  prefixed('AKIA', 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'),
  prefixed('npm_', 36),
  prefixed('hf_', 34),
  prefixed('https://hooks.slack.com/services/T0/B0/', 24),
  (random) => `postgres://user:${randomString(random, 10, `${alphabet}@:!`)}@db.example:5432/app`,
  (random) => `Authorization: Bearer ${randomString(random, 20)}`,
  (random) => `"authorization": "Basic ${randomString(random, 4 + random.below(20))}=="`,
  (random) => `"password": "${randomString(random, 1 + random.below(20))}"`,
  (random) => `{\\"api_key\\": \\"${randomString(random, 12)}\\\\\\"x\\"}`,
  (random) => `DB_PASSWORD=${randomString(random, 1 + random.below(12), `${alphabet}!.=(`)}`,
  (random) => `client_secret: ${randomString(random, 9)}\n`,
  (random) => `AccountKey=${randomString(random, 40, `${alphabet}+/`)}==;`,
  (random) => `GITHUB_TOKEN=${randomString(random, 24)}`,
];

const half: Maker = (random) => {
  const whole = random.pick([...secretMakers, ...otherSecrets])(random);
  return random.below(2) === 0
    ? whole.slice(0, random.below(whole.length))
    : whole.slice(random.below(whole.length));
};

const base64Blob: Maker = (random) =>
  `data:x;base64,${random.pick(['', 'eyJ', 'MII'])}${randomString(random, random.below(300), `${alphabet}+/`)}=`;

/** Pieces of syntax, names and beginnings that go wrong at the edges of rules. */
const shards: readonly string[] = [
  ...[
    'sk-',
    'sk-ant-',
    'sk',
    's',
    'AKIA',
    'AIza',
    'eyJ',
    'eyJ.',
    'ghp_',
    'ghs_',
    'hf_',
    'npm_',
    'xox',
    'SG.',
    '--token ',
  ],
  ...[
    'password',
    'secret',
    'token',
    'api_key',
    'Authorization',
    'bearer ',
    'Basic ',
    'PWD',
    '://',
    'https://u',
    ':\\/\\/',
  ],
  ...[
    '=',
    ':',
    ': ',
    ' = ',
    '==',
    '=>',
    ':=',
    '"',
    "'",
    '`',
    '\\',
    '\\"',
    '\\n',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '@',
    '/',
    '.',
    ',',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '<',
    '>',
    ';',
    '&',
    '|',
    '$',
    '!',
    '?',
    '#',
    '%',
    '*',
    '-',
    '--',
    '-----',
    '_',
    '+',
  ],
  ...[
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    '-----END ',
    'Proc-Type: 4,ENCRYPTED\n',
    '→',
  ],
  ...['\u001b[32m', '\u0000', '\ud83d', '\ude00', '😀', 'é', '日本語', '\ufeff', '\u2028'],
  ...[
    '[REDACTED:password]',
    '[REDACTED:jwt]',
    '[REDACTED:',
    '[RED',
    ']',
    'true',
    'null',
    'string',
    'hunter2',
    '42',
  ],
];

const prose: readonly string[] = [
  'The quick brown fox jumps over the lazy dog. ',
  'const password = getPassword();\n',
  'interface Login { token: string; password?: string }\n',
  '{"max_tokens": 5, "model": "sk-learn"}',
  'commit 3f786850e387550fdab836ed7e6dc881de23001b\n',
  'id 550e8400-e29b-41d4-a716-446655440000, see https://localhost:8080/a?b=c#d ',
  'if (token === undefined) throw new Error("Password: ");\n',
  '    "name": "日本語 😀",\r\n',
];

/** A text of secrets, half secrets, near-secrets, prose, code, JSON and the edges between them. */
export function randomText(random: Random): string {
  let result = '';
  for (let left = 1 + random.below(6); left > 0; left -= 1) {
    const kind = random.below(20);
    if (kind < 3) result += random.pick(secretMakers)(random);
    else if (kind < 6) result += random.pick(otherSecrets)(random);
    else if (kind < 8) result += half(random);
    else if (kind < 9) result += base64Blob(random);
    else if (kind < 11) result += random.pick(prose);
    else if (kind < 13)
      result += randomString(
        random,
        random.below(30),
        random.pick([alphabet, '0123456789', 'aA1_-.', ' \n']),
      );
    else result += random.pick(shards);
  }
  return result;
}

/** Cuts a text into pieces: single UTF-16 units, short or long pieces, empty ones. */
export function randomSplit(random: Random, text: string): readonly string[] {
  const longest = random.pick([1, 1, 2, 3, 8, 30, 200]);
  const pieces: string[] = [];
  for (let index = 0; index < text.length;) {
    const length = longest === 1 ? 1 : random.below(longest + 1);
    pieces.push(text.slice(index, index + length));
    index += length;
  }
  return pieces;
}
