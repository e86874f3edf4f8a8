/** Forms: a field with its label and help, a form that hands its values on, and a button that acts. */

import { t } from "../texts.ts";
import { attempt } from "./announce.ts";
import { h, type Attributes, type Child } from "./dom.ts";

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

/** Return the optional field for the year of birth of a new account. */
export const birthYearField = (): HTMLElement =>
  field("birth_year", t("result.birth_year"), { inputmode: "numeric", pattern: "[0-9]{4}", maxlength: 4 }, t("account.birth_year_rule"));

/** Return a form; its button is switched off while it is sent, and a failure is shown as its sentence. */
export function form(fields: readonly Node[], submit: string, send: (values: FormData) => Promise<void>): HTMLFormElement {
  const button = h("button", { type: "submit", class: "primary" }, submit);
  const made: HTMLFormElement = h(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        void attempt(button, () => send(new FormData(made)));
      },
    },
    ...fields,
    button,
  );
  return made;
}

/** Return a button that is switched off while it acts; a failure is shown as its sentence. */
export function actionButton(name: Child | Child[], act: () => Promise<void>, attributes: Attributes = {}): HTMLButtonElement {
  const press = (): void => void attempt(button, act);
  const button: HTMLButtonElement = h("button", { type: "button", ...attributes, onclick: press }, ...[name].flat());
  return button;
}

/** Return a button that asks at its first tap and deletes at its second. */
export function deleteButton(name: string, remove: () => Promise<void>): HTMLButtonElement {
  const button = actionButton(name, async () => {
    if (button.textContent === t("delete_sure")) await remove();
    else button.textContent = t("delete_sure");
  }, { class: "plain" });
  return button;
}

/** Return a field of a form as text. */
export function textOf(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}
