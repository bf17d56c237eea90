/** Reading what is foreign: terms explained where they stand, words one by one, listening, doubting. */
import { fetched, post, say } from "./speaking";

/** One explanation at a time, under the term that was tapped; Escape or a tap elsewhere closes it. */
class Explaining {
  private box: Element | null = null;
  private term: HTMLElement | null = null;

  constructor() {
    document.addEventListener("click", (event) => {
      const target = event.target as Element;
      const term = target.closest<HTMLAnchorElement>("a.term");
      if (term && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
        event.preventDefault();
        const again = term === this.term;
        this.close();
        if (!again) void this.open(term);
      } else if (!target.closest(".gloss")) this.close();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.box) return;
      this.term?.focus();
      this.close();
    });
  }

  private close(): void {
    this.box?.remove();
    this.term?.removeAttribute("aria-describedby");
    this.box = this.term = null;
  }

  private async open(term: HTMLAnchorElement): Promise<void> {
    this.term = term;
    const [box] = await fetched(`${term.pathname}?fragment=1`).catch(() => []);
    if (this.term !== term) return;
    if (!box) return void location.assign(term.href);
    box.id = "gloss";
    box.setAttribute("role", "status");
    document.body.append(box);
    term.setAttribute("aria-describedby", "gloss");
    this.box = box;
    const at = term.getBoundingClientRect();
    const width = (box as HTMLElement).offsetWidth;
    const margin = parseFloat(getComputedStyle(document.body).paddingLeft) + 16;
    const left = Math.max(margin, Math.min(at.left, document.documentElement.clientWidth - width - 16));
    // A script's own style is not an inline one: the policy allows it.
    (box as HTMLElement).style.left = `${left + scrollX}px`;
    (box as HTMLElement).style.top = `${at.bottom + scrollY + 6}px`;
  }
}

/** "Word by word" opens where one reads; without a script it leads to the text's page. */
function wordByWord(event: Event): void {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a.aid-of");
  const said = link?.closest("cat-said");
  if (!link || !said) return;
  event.preventDefault();
  const there = said.querySelector(".aid-words");
  if (there) return there.remove();
  const url = new URL(link.href);
  void fetched(url.pathname.replace(/about$/, "aid"))
    .catch(() => [])
    .then(([words]) => (words ? said.append(words) : location.assign(link.href)));
}

class Doubt extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("submit", (event) => void this.send(event));
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const button = form.querySelector("button")!;
    if (button.disabled) return;
    button.disabled = true;
    const answer = await post(form.action, new FormData(form));
    if (answer) say(String(answer.said ?? ""));
    else button.disabled = false;
  }
}

/** Reads the words beside it aloud, where the browser has a voice for their language. */
class Speak extends HTMLElement {
  connectedCallback(): void {
    if (!("speechSynthesis" in window) || !this.dataset.lang) return;
    this.hidden = false;
    this.querySelector("button")?.addEventListener("click", () => this.speak());
  }

  disconnectedCallback(): void {
    if ("speechSynthesis" in window) speechSynthesis.cancel();
  }

  private speak(): void {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    const lang = this.dataset.lang ?? "";
    const words = new SpeechSynthesisUtterance(this.text);
    words.lang = lang === "zh-Hans" ? "zh-CN" : lang === "zh-Hant" ? "zh-TW" : lang;
    words.voice = speechSynthesis.getVoices().find((voice) => voice.lang.startsWith(lang.slice(0, 2))) ?? null;
    words.rate = 0.9;
    speechSynthesis.speak(words);
  }

  private get text(): string {
    const words = this.parentElement?.querySelector(".words")?.cloneNode(true) as Element | undefined;
    words?.querySelectorAll(".reads, .means").forEach((aside) => aside.remove());
    return words?.textContent ?? this.parentElement?.querySelector<HTMLElement>(".body")?.innerText ?? "";
  }
}

new Explaining();
document.addEventListener("click", wordByWord);
customElements.define("cat-doubt", Doubt);
customElements.define("cat-speak", Speak);
