/** Tabs: a row of names, one of which is chosen; arrow keys move between them, as people of screen readers expect. */

import { fill, h } from "./dom.ts";

export interface Tab {
  readonly id: string;
  readonly name: Node | string;
  readonly content: () => Node;
}

let count = 0;

/** Return a tab list with its panel; the first tab is chosen. */
export function tabs(label: string, choices: readonly Tab[], kind = ""): HTMLElement {
  const prefix = `tabs${(count += 1)}`;
  const panel = h("div", { role: "tabpanel", id: `${prefix}-panel`, tabindex: 0, class: "tab-panel" });
  const buttons = choices.map((tab) =>
    h("button", {
      type: "button",
      role: "tab",
      id: `${prefix}-${tab.id}`,
      "aria-controls": panel.id,
      onclick: () => { choose(choices.indexOf(tab)); },
    }, tab.name),
  );
  const choose = (index: number): void => {
    buttons.forEach((button, each) => {
      button.setAttribute("aria-selected", String(each === index));
      button.tabIndex = each === index ? 0 : -1;
    });
    const tab = choices[index];
    const button = buttons[index];
    if (tab === undefined || button === undefined) return;
    panel.setAttribute("aria-labelledby", button.id);
    fill(panel, tab.content());
  };
  const move = (event: Event): void => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
    const step = event instanceof KeyboardEvent ? steps[event.key] : undefined;
    if (step === undefined) return;
    event.preventDefault();
    const next = (buttons.indexOf(document.activeElement as HTMLButtonElement) + step + buttons.length) % buttons.length;
    choose(next);
    buttons[next]?.focus();
  };
  choose(0);
  return h(
    "div",
    { class: `tabs ${kind}` },
    h("div", { role: "tablist", "aria-label": label, onkeydown: move }, ...buttons),
    panel,
  );
}
