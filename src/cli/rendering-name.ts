/** How a run can be shown, by the names that `--render` takes. `none`: only the agent's last message. */
export const renderings = ['studio', 'compact', 'verbose', 'none'] as const;
export type RenderingName = (typeof renderings)[number];
