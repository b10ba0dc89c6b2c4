/** The longest event type, provider name and lease owner, in UTF-16 units. */
export const longestName = 200;
