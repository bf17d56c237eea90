/** Coming in: the queue, and the sum that is asked while many come, done beside the form as it is filled in. */

class Proof extends HTMLElement {
  connectedCallback(): void {
    const field = this.querySelector<HTMLInputElement>("[name=altcha]");
    const form = this.closest("form");
    const { challenge, worker: source } = this.dataset;
    if (!field || !form || !challenge || !source) return;
    const line = this.querySelector<HTMLElement>("[role=status]")!;
    const worker = new Worker(source, { type: "module" });
    let waits = false;
    const done = (): void => {
      worker.terminate();
      line.textContent = "";
      form.removeEventListener("submit", hold);
      if (waits) form.requestSubmit();
    };
    const hold = (event: Event): void => {
      event.preventDefault();
      waits = true;
      line.textContent = line.dataset.busy ?? "";
    };
    worker.addEventListener("message", (event: MessageEvent<string>) => {
      field.value = event.data;
      done();
    });
    // Without an answer the form goes as it is, and its person takes a number.
    worker.addEventListener("error", done);
    form.addEventListener("submit", hold);
    worker.postMessage(JSON.parse(challenge));
  }
}

const ASK_AGAIN_MS = 15_000;

/** One's place in the queue: asked for while one waits, at once when one is let in; only what changed is said. */
class Queue extends HTMLElement {
  connectedCallback(): void {
    if (!("waits" in this.dataset)) return;
    const ask = async (): Promise<void> => {
      const response = await fetch(location.href).catch(() => null);
      if (!response?.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("cat-queue");
      if (!fresh) return;
      if (fresh.textContent !== this.textContent) this.replaceChildren(...fresh.childNodes);
      if (!fresh.hasAttribute("data-waits")) clearInterval(timer);
    };
    const timer = setInterval(() => void ask(), ASK_AGAIN_MS);
    document.addEventListener("let-in", () => void ask());
  }
}

customElements.define("cat-proof", Proof);
customElements.define("cat-queue", Queue);
