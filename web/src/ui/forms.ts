/** Forms: a field with its label and help, and a form that hands its values on. */

import { h, type Attributes } from "./dom.ts";

let count = 0;

/** Return a labelled input; help is read with it. */
export function field(name: string, label: string, attributes: Attributes = {}, help = ""): HTMLElement {
  const id = `field${(count += 1)}`;
  const described = help === "" ? {} : { "aria-describedby": `${id}-help` };
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("input", { id, name, ...described, ...attributes }),
    help === "" ? null : h("p", { class: "help", id: `${id}-help` }, help),
  );
}

/** Return a form; its button is handed to `send` so that it can be switched off meanwhile. */
export function form(
  fields: readonly Node[],
  submit: string,
  send: (values: FormData, button: HTMLButtonElement) => Promise<void>,
): HTMLFormElement {
  const button = h("button", { type: "submit", class: "primary" }, submit);
  const made: HTMLFormElement = h(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        void send(new FormData(made), button);
      },
    },
    ...fields,
    button,
  );
  return made;
}

/** Return a field of a form as text. */
export function textOf(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}
