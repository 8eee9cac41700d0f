// Follows one run: asks for the page again and changes what differs. What the reader selected and where the keyboard is stays.
"use strict";
(() => {
  const every = 1000, idle = 15000, hidden = 60000;
  let timer = 0;

  function patch(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType === Node.TEXT_NODE && fresh.nodeType === Node.TEXT_NODE) {
      old.data = fresh.data;
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE || old.nodeName !== fresh.nodeName) {
      old.replaceWith(document.importNode(fresh, true));
      return;
    }
    for (const a of [...old.attributes]) if (!fresh.hasAttribute(a.name)) old.removeAttribute(a.name);
    for (const a of fresh.attributes) if (old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
    const had = [...old.childNodes], now = [...fresh.childNodes];
    now.forEach((n, i) => { if (had[i]) patch(had[i], n); else old.append(document.importNode(n, true)); });
    had.slice(now.length).forEach((n) => n.remove());
  }

  async function ask() {
    clearTimeout(timer);
    let wait = idle;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error("There is no such run any more: this is what it said last.");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      patch(document.querySelector("main"), page.querySelector("main"));
      if (page.body.dataset.state === "going on") wait = every;
    } catch (e) {
      const lost = "tqbench serve does not answer: this is what it said last.";
      const state = document.getElementById("state"), words = e instanceof TypeError ? lost : e.message; // fetch fails with a TypeError
      if (state.textContent !== words) state.textContent = words;
    }
    clearTimeout(timer);
    timer = setTimeout(ask, document.hidden ? hidden : wait);
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  timer = setTimeout(ask, every);
})();
