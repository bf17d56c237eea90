/** Likes, follows and comments without leaving the page. */
import { fetched, parsed, post, say } from "./speaking";

const OPPOSITE: Record<string, string> = {
  like: "unlike", unlike: "like", collect: "uncollect", uncollect: "collect",
  follow: "unfollow", unfollow: "follow",
};

class Act extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("submit", (event) => void this.act(event));
  }

  private async act(event: Event): Promise<void> {
    const form = event.target as HTMLFormElement;
    event.preventDefault();
    const button = form.querySelector("button");
    const url = new URL(form.action);
    const verb = url.pathname.split("/").pop() ?? "";
    if (!button || button.dataset.busy) return;
    button.dataset.busy = "1";
    const answer = await post(form.action, new FormData(form));
    delete button.dataset.busy;
    if (!answer) return;
    const on = !verb.startsWith("un");
    button.setAttribute("aria-pressed", String(on));
    url.pathname = url.pathname.replace(/[^/]+$/, OPPOSITE[verb] ?? verb);
    form.action = url.toString();
    const count = button.querySelector(".n");
    if (count && typeof answer.text === "string") count.textContent = answer.text === "0" ? "" : answer.text;
    const label = typeof answer.label === "string" ? answer.label : on ? button.dataset.on : button.dataset.off;
    if (label) {
      button.textContent = label;
      button.classList.toggle("quiet", on);
    }
  }
}

/** "Less like this": the card says what was done, and takes it back on the same spot. */
class Less extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("submit", (event) => void this.act(event));
  }

  private async act(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const card = this.closest<HTMLElement>(".card");
    const answer = await post(form.action, new FormData(form));
    if (!answer || !card) return;
    if (card.classList.contains("refused")) {
      card.classList.remove("refused");
      this.replaceChildren(...this.was);
      return;
    }
    this.was = [...this.childNodes];
    const back = document.createElement("form");
    back.method = "post";
    back.action = String(answer.action);
    const button = document.createElement("button");
    button.className = "button small quiet";
    button.textContent = String(answer.label);
    back.append(button);
    this.replaceChildren(back);
    card.classList.add("refused");
    button.focus();
    say(String(answer.said));
  }

  private was: ChildNode[] = [];
}

/** Puts a comment's element into the thread: under its branch, or at the end. Never twice. */
export function place(comment: Element, branch: string): void {
  if (!comment.id || document.getElementById(comment.id)) return;
  const thread = document.querySelector("cat-thread");
  if (!thread) return;
  if (!branch) {
    thread.append(comment);
    return;
  }
  let after = document.getElementById(`c${branch}`);
  if (!after) return void thread.append(comment);
  while (after.nextElementSibling?.classList.contains("reply")) after = after.nextElementSibling as HTMLElement;
  after.after(comment);
}

class CommentForm extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    const text = this.querySelector("textarea");
    if (!form || !text) return;
    const key = `comment:${form.action}`;
    text.value ||= sessionStorage.getItem(key) ?? "";
    text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
    document.addEventListener("click", (event) => this.reply(event, form, text));
    this.querySelector(".replying button")?.addEventListener("click", () => this.answering(form, "", ""));
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send(form, text, key);
    });
  }

  private reply(event: Event, form: HTMLFormElement, text: HTMLTextAreaElement): void {
    const link = (event.target as Element).closest<HTMLElement>("a.answer");
    if (!link) return;
    event.preventDefault();
    this.answering(form, link.dataset.reply ?? "", link.dataset.name ?? "");
    text.focus();
  }

  private answering(form: HTMLFormElement, id: string, name: string): void {
    form.querySelector<HTMLInputElement>("[name=reply_to]")!.value = id;
    const line = this.querySelector<HTMLElement>(".replying")!;
    line.hidden = !id;
    line.querySelector("span")!.textContent = (line.dataset.text ?? "").replace("{name}", name);
  }

  private async send(form: HTMLFormElement, text: HTMLTextAreaElement, key: string): Promise<void> {
    const button = form.querySelector<HTMLButtonElement>("button.button")!;
    button.disabled = true;
    const answer = await post(form.action, new FormData(form));
    button.disabled = false;
    if (!answer) return;
    for (const element of parsed(String(answer.html))) place(element, String(answer.branch ?? ""));
    form.reset();
    form.querySelector(".attached")?.remove();
    this.answering(form, "", "");
    sessionStorage.removeItem(key);
    text.focus();
    say("");
  }
}

/** A poll: a vote shows its results on the spot, and others' votes come while it is looked at. */
export class Poll extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("submit", (event) => void this.vote(event));
  }

  private async vote(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const answer = await post(form.action, new FormData(form));
    delete form.dataset.busy;
    const [fresh] = answer ? parsed(String(answer.html)) : [];
    if (fresh) this.show(fresh);
  }

  /** As it stands now; what its reader is about to choose stays chosen. */
  async again(): Promise<void> {
    const [fresh] = await fetched(`/n/${this.dataset.poll}/poll`).catch(() => []);
    if (!fresh || !this.isConnected) return;
    if (this.querySelector("form") && fresh.querySelector("form"))
      this.querySelector(".voted")?.replaceWith(fresh.querySelector(".voted")!);
    else this.show(fresh);
  }

  private show(fresh: Element): void {
    const held = this.contains(document.activeElement);
    this.replaceChildren(...fresh.childNodes);
    if (held) this.querySelector<HTMLElement>(".poll")?.focus();
  }
}

customElements.define("cat-act", Act);
customElements.define("cat-less", Less);
customElements.define("cat-comment", CommentForm);
customElements.define("cat-poll", Poll);
