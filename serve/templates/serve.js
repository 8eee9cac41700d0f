// Follows the runs: asks for the list as JSON, and where it differs, takes the rows that changed from the page itself.
// What the reader chose in the form, and where the keyboard is, stays.
"use strict";
(() => {
  const every = 2000, idle = 15000, hidden = 60000;
  let last = "", timer = 0;

  async function text(url) {
    const answer = await fetch(url, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  function rows(page) {
    return new Map([...page.querySelectorAll("tr[data-run]")].map((r) => [r.dataset.run, r]));
  }

  function update(page) {
    const table = document.querySelector(".runs tbody"), fresh = page.querySelector(".runs tbody");
    const form = document.querySelector("form.filters"), freshForm = page.querySelector("form.filters");
    if (!table || !fresh || !form !== !freshForm) {
      // The first run came or the last went: there is nothing to keep.
      document.querySelector("main").replaceWith(page.querySelector("main"));
      return;
    }
    const had = rows(document), order = [];
    for (const [run, row] of rows(page)) {
      const old = had.get(run);
      const same = old && old.outerHTML === row.outerHTML;
      const focus = !same && old && old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      const kept = same ? old : document.importNode(row, true);
      if (old && !same) old.replaceWith(kept);
      if (focus) [...kept.querySelectorAll("a")].find((a) => a.getAttribute("href") === focus)?.focus();
      had.delete(run);
      order.push(kept);
    }
    for (const gone of had.values()) gone.remove();
    order.forEach((row, i) => {
      if (table.children[i] !== row) table.insertBefore(row, table.children[i] ?? null);
    });
    for (const name of ["old", "new"]) {
      const select = form?.elements[name], from = freshForm?.elements[name];
      if (!select || select.innerHTML === from.innerHTML) continue;
      const value = select.value;
      select.replaceChildren(...from.children);
      if ([...select.options].some((o) => o.value === value)) select.value = value;
    }
    say(page.getElementById("state").textContent);
  }

  function say(words) {
    const state = document.getElementById("state");
    if (state.textContent !== words) state.textContent = words;
  }

  async function ask() {
    clearTimeout(timer);
    let wait = idle;
    try {
      const now = await text("/runs.json");
      if (now !== last) update(new DOMParser().parseFromString(await text("/"), "text/html"));
      last = now;
      if (JSON.parse(now).runs.some((r) => r.state === "going on")) wait = every;
    } catch {
      say("tqbench serve does not answer: this is what it said last.");
      last = "";
    }
    clearTimeout(timer);
    timer = setTimeout(ask, document.hidden ? hidden : wait);
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  ask();
})();
