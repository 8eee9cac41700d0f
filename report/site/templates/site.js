"use strict";
(() => {
  const form = document.querySelector("form.filters");
  const rows = [...document.querySelectorAll("tr[data-load]")];
  const names = ["queue", "broker", "load", "metric", "tier"];
  if (form) {
    const rank = ["self-reported", "verified", "reproduced"];
    const chosen = () => new URLSearchParams(location.hash.slice(1));
    const matches = (row, name, value) => {
      if (!value) return true;
      if (name === "tier") return rank.indexOf(row.dataset.tier) >= rank.indexOf(value);
      if (name === "queue") return row.dataset.queue === value || row.dataset.baseline === value;
      return row.dataset[name] === value;
    };
    const apply = () => {
      const want = chosen();
      let shown = 0;
      for (const name of names) {
        const select = form.elements[name];
        const value = want.get(name) || "";
        select.value = [...select.options].some((o) => o.value === value) ? value : "";
      }
      for (const row of rows) {
        row.hidden = !names.every((name) => matches(row, name, form.elements[name].value));
        if (!row.hidden) shown++;
      }
      form.querySelector("output").textContent = shown + " of " + rows.length + " shown";
    };
    form.addEventListener("change", () => {
      const to = new URLSearchParams();
      for (const name of names) if (form.elements[name].value) to.set(name, form.elements[name].value);
      location.hash = to.toString();
      apply();
    });
    form.addEventListener("submit", (e) => e.preventDefault());
    addEventListener("hashchange", apply);
    form.hidden = false;
    apply();
  }
  document.documentElement.dataset.ready = "yes";
})();
