"use strict";
// What a script adds to the page: parts are unpacked, the page is filtered, links go where they lead, tables become CSV
// and curves zoom. The page says all that it has to say without it, as far as it isn't packed.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const add = (parent, tag, attributes = {}, text = "") => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
    e.textContent = text;
    parent.append(e);
    return e;
  };

  // ---- Parts: those that were packed are put in their places when they come near.
  let parts = [];
  const near = new IntersectionObserver((seen) => {
    for (const s of seen) if (s.isIntersecting) fill(s.target);
  }, { rootMargin: "800px 0px" });

  async function unpack() {
    const packed = document.getElementById("packed");
    if (!packed) return;
    const bytes = Uint8Array.from(atob(packed.textContent), (c) => c.charCodeAt(0));
    const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    parts = text.split("<!--part-->");
    packed.remove();
    for (const e of all("[data-part]")) near.observe(e);
  }

  function fill(e) {
    const number = e.dataset.part;
    if (!number || !parts[number]) return;
    near.unobserve(e);
    e.innerHTML = parts[number];
    e.removeAttribute("data-part");
    equip(e);
    if (filters) apply();
  }

  // ---- Links: to what is folded, packed or filtered out, too.
  function find(id) {
    for (const e of all("[data-part]")) {
      if ((parts[e.dataset.part] || "").includes(`id="${id}"`)) fill(e);
    }
    return document.getElementById(id);
  }

  function go(id) {
    const e = find(id);
    for (const x of all(".target")) x.classList.remove("target");
    if (!e) return;
    if (filters && e.closest(".off")) choose({});
    for (let d = e; d; d = d.parentElement) if (d.tagName === "DETAILS") d.open = true;
    e.classList.add("target");
    if (!e.matches("a, button, summary, [tabindex]")) e.setAttribute("tabindex", "-1");
    e.focus({ preventScroll: true });
    e.scrollIntoView();
  }

  // ---- Filters: an element with tags of a kind is hidden while another tag of that kind is chosen. The choice stands in
  // the address as #broker=redis&scenario=io, and where in the page as at=, so that a link shows what its sender saw.
  const filters = one("form.filters:not(.ask)");
  const selects = filters ? all("select", filters) : [];

  function apply() {
    const wanted = selects.map((s) => s.value).filter(Boolean);
    for (const e of all("[data-f]")) {
      const tags = e.dataset.f.split(" ");
      e.classList.toggle("off", wanted.some((w) => !tags.includes(w) && tags.some((t) => t[0] === w[0])));
    }
    // A table whose rows are all hidden would be a head without a body.
    for (const t of all("table")) {
      t.classList.remove("off");
      const rows = all("tbody tr[data-f]", t);
      if (rows.length) t.classList.toggle("off", rows.every((r) => r.closest(".off")));
    }
    const results = all(".part[data-f]");
    const shown = results.filter((r) => !r.classList.contains("off")).length;
    one("output", filters).value = wanted.length ? `${shown} of ${results.length} results shown` : "";
  }

  function choose(wanted) {
    for (const s of selects) {
      const o = [...s.options].find((o) => o.value && o.dataset.key === wanted[s.name]);
      s.value = o ? o.value : "";
    }
    apply();
  }

  function chosen(at) {
    const p = new URLSearchParams();
    for (const s of selects) if (s.value) p.set(s.name, s.selectedOptions[0].dataset.key);
    if (at && [...p].length) p.set("at", at);
    return [...p].length ? "#" + p : at ? "#" + at : "";
  }

  function remember(hash) {
    try {
      history.replaceState(null, "", hash || location.pathname + location.search);
    } catch {
      // A browser that lets no address be changed still filters.
    }
  }

  function follow() {
    const hash = decodeURIComponent(location.hash.slice(1));
    if (hash.includes("=")) {
      const wanted = new URLSearchParams(location.hash.slice(1));
      choose(Object.fromEntries(wanted));
      if (wanted.get("at")) go(wanted.get("at"));
      return;
    }
    if (!hash) return;
    go(hash);
    if (selects.some((s) => s.value)) remember(chosen(hash));
  }

  // ---- The answer to a reader's questions: one of those that the page has.
  const ask = one("form.ask");
  function reply() {
    const wanted = all("select", ask).map((s) => s.value);
    const rate = Number(one("input", ask).value);
    const found = all("#replies li").find((e) => {
      const tags = e.dataset.of.split(" ");
      if (wanted.some((w) => !tags.includes(w))) return false;
      if (!(rate > 0)) return e.dataset.upto === undefined;
      return e.dataset.upto !== undefined && (Number(e.dataset.upto) === 0 || rate <= Number(e.dataset.upto));
    });
    const out = one(".reply");
    out.replaceChildren(...(found ? [...found.childNodes].map((n) => n.cloneNode(true)) : ["This load was not measured on this broker."]));
  }

  // ---- Tables to CSV: figures unrounded, a column for each figure of a cell.
  // A copy that isn't on the page has no layout: what is apart there gets a blank here.
  const plain = (e, without) => {
    const copy = e.cloneNode(true);
    for (const x of all(without, copy)) x.remove();
    for (const x of all("li + li", copy)) x.before(";");
    for (const x of all(".sub, .interval, .note, .count, .status, .promise, li, p, br, summary", copy)) x.before(" ");
    return copy.innerText.trim().replace(/\s+/g, " ");
  };

  function csv(table) {
    const rows = all("tr", table).filter((r) => !r.closest(".off"));
    const cells = rows.map((r) => [...r.cells].filter((c) => !c.classList.contains("off")));
    const head = cells.findIndex((r) => r.some((c) => c.scope === "col"));
    const texts = (cell) => {
      // A figure that doesn't count must not look like one that does.
      const mark = all(".tag", cell).some((t) => t.textContent === "not valid") ? " (not valid)" : "";
      const marked = (list) => {
        const first = list.findIndex((s) => s.dataset.csv === undefined);
        return list.map((s, i) => (s.dataset.csv ?? s.title) + (i === first ? mark : ""));
      };
      // A tile is of one metric, and a cell may have several: their numbers are no figure with its ends.
      if (one(".tile", cell)) return [[...cell.children].map((x) => plain(x, "[aria-hidden]")).join("; ")];
      if (one("[data-csv]", cell)) return marked(all("[data-csv], span[title]", cell));
      const figures = all("span[title]", cell).filter((s) => Number.isFinite(Number(s.title)) && s.title !== "");
      const words = plain(cell, "[aria-hidden], .unseen, [data-csv] > .sub");
      return figures.length && /^[\d.,e+\- %]|^n\/a|^infinite/.test(words) ? marked(figures) : [words];
    };
    // A cell over several columns is followed by empty ones, but for one that names a group of rows.
    const spread = (c) => [texts(c), ...Array(c.colSpan - 1).fill([""])];
    const body = cells.filter((r, i) => i !== head).map((r) => (r.length > 1 ? r.flatMap(spread) : r.map(texts)));
    const titles = head < 0 ? [] : cells[head].map((c) => texts(c).join(" "));
    const wide = titles.map((_, i) => Math.max(1, ...body.filter((r) => r.length === titles.length).map((r) => r[i].length)));
    const names = ["", " low", " high"];
    // A column whose cells have other parts than a figure and its interval names them.
    const parts = head < 0 ? [] : cells[head].map((c) => c.dataset.csv?.split("|"));
    const title = (t, i, k) => (parts[i] ? t + parts[i][k] : wide[i] <= 3 ? t + names[k] : `${t} ${k + 1}`);
    const header = titles.flatMap((t, i) => Array.from({ length: wide[i] }, (_, k) => title(t, i, k)));
    let group = "";
    const grouped = body.some((r) => r.length === 1 && titles.length > 1);
    const out = titles.length ? [grouped ? ["group", ...header] : header] : [];
    for (const r of body) {
      if (grouped && r.length === 1) {
        group = r[0].join(" ");
        continue;
      }
      const flat = r.flatMap((c, i) => [...c, ...Array(Math.max(0, (wide[i] || 1) - c.length)).fill("")]);
      out.push(grouped ? [group, ...flat] : flat);
    }
    // A cell that a spreadsheet would take for a formula is marked as text, as in results.csv. A number stays one.
    const isFormula = (s) => /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(s) && !/^[+-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?( %)?$/.test(s);
    const quote = (s) => (isFormula(s) ? "'" + s : s).replace(/"/g, '""');
    return out.map((r) => r.map((s) => `"${quote(String(s))}"`).join(",")).join("\r\n") + "\r\n";
  }

  function save(name, text) {
    const url = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv" }));
    const a = add(document.body, "a", { href: url, download: name });
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  function offer(region) {
    const table = one("table", region);
    if (!table || region.nextElementSibling?.classList.contains("csv")) return;
    const about = region.getAttribute("aria-label") || "table";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "csv";
    button.textContent = "CSV";
    button.setAttribute("aria-label", `Save as CSV: ${about}`);
    button.addEventListener("click", () => save(about.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 80) + ".csv", csv(table)));
    region.after(button);
  }

  // ---- Curves that zoom, where the page has the data and the library.
  const nines = (q) => -Math.log10(1 - q);
  const short = (v) => (v == null ? "" : Number(v.toPrecision(v > 99 && v < 100 ? 6 : 3)).toLocaleString("en", { maximumFractionDigits: 6 }));

  function zoom(figure, data, button) {
    const style = getComputedStyle(document.documentElement);
    const ink = (name) => style.getPropertyValue(name).trim();
    const latency = data.kind === "latency";
    const tables = data.lines.map((l) => [latency ? l.x.map(nines) : l.x, l.y, l.low, l.high]);
    const joined = uPlot.join(tables);
    const series = [{ label: latency ? "percentile" : "seconds", value: (u, v) => (v == null ? "" : latency ? short(100 * (1 - 10 ** -v)) : short(v)) }];
    const bands = [];
    data.lines.forEach((l, i) => {
      const color = ink(`--${l.side === "none" ? "none" : l.side}-fill`);
      const at = 3 * i + 1;
      series.push(
        { label: l.name, stroke: color, width: 2, dash: l.side === "base" ? [7, 4] : undefined, spanGaps: true, value: (u, v) => short(v) },
        { label: "smallest", stroke: color, width: 0.5, spanGaps: true, value: (u, v) => short(v), points: { show: false } },
        { label: "largest", stroke: color, width: 0.5, spanGaps: true, value: (u, v) => short(v), points: { show: false } },
      );
      bands.push({ series: [at + 2, at + 1], fill: color + "33" });
    });
    const axis = { stroke: ink("--muted"), grid: { stroke: ink("--rule"), width: 1 }, ticks: { stroke: ink("--rule") } };
    // Percentiles that a reader knows by name; zoomed in between two of them, the ends of what is seen.
    const percentiles = (u, i, from, to) => {
      const known = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999].map((q) => -Math.log10(1 - q)).filter((v) => v >= from && v <= to);
      return known.length > 1 ? known : [from, (from + to) / 2, to];
    };
    const host = add(figure, "div", { class: "zoomed" });
    const plot = new uPlot({
      width: Math.max(280, Math.min(figure.clientWidth, 900)), height: 340, series, bands,
      scales: { x: { time: false }, y: latency ? { distr: 3 } : { range: (u, low, high) => [0, high * 1.05 || 1] } },
      axes: [
        { ...axis, label: latency ? "percentile of tasks" : "seconds", ...(latency && { splits: percentiles }), values: (u, ticks) => ticks.map((v) => (latency ? short(100 * (1 - 10 ** -v)) : short(v))) },
        { ...axis, size: 64, label: latency ? "latency, ms (log scale)" : data.kind === "depth" ? "tasks held by the broker" : "tasks done" },
      ],
    }, joined, host);
    add(host, "p", { class: "note" }, "Drag to zoom in, double-click to see all again.");
    button.textContent = "Back to the drawing";
    return () => {
      plot.destroy();
      host.remove();
    };
  }

  function zoomable(script) {
    if (typeof uPlot === "undefined") return;
    const figure = script.closest("figure");
    const drawing = one("svg", figure);
    const data = JSON.parse(script.textContent);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zoom";
    button.textContent = "Zoom";
    button.setAttribute("aria-label", `Zoom: ${one("figcaption", figure).innerText}`);
    let close = null;
    button.addEventListener("click", () => {
      if (close) {
        close();
        close = null;
        button.textContent = "Zoom";
      } else {
        close = zoom(figure, data, button);
      }
      drawing.classList.toggle("off", Boolean(close));
      button.setAttribute("aria-pressed", String(Boolean(close)));
    });
    one("figcaption", figure).append(" ", button);
  }

  function equip(root) {
    for (const r of all(".scroll", root)) offer(r);
    for (const s of all("script.zoom", root)) zoomable(s);
  }

  // ---- Begin.
  if (filters) {
    filters.hidden = false;
    filters.addEventListener("submit", (e) => e.preventDefault());
    filters.addEventListener("change", () => {
      apply();
      remember(chosen(""));
    });
    filters.addEventListener("reset", (e) => {
      e.preventDefault();
      choose({});
      remember("");
    });
  }
  if (ask) {
    ask.hidden = false;
    one("#replies").hidden = true;
    ask.addEventListener("submit", (e) => e.preventDefault());
    ask.addEventListener("input", reply);
    reply();
  }
  equip(document);
  addEventListener("hashchange", follow);
  // A link to where the page already is changes no address.
  document.addEventListener("click", (e) => {
    const a = e.target.closest?.('a[href^="#"]');
    if (a && a.getAttribute("href") === location.hash) follow();
  });
  // Paper doesn't scroll, and a search finds only what is there: what was packed is put in first.
  const fillAll = () => {
    for (const e of all("[data-part]")) if (!e.classList.contains("off")) fill(e);
  };
  addEventListener("beforeprint", () => {
    fillAll();
    for (const d of all("details.chapter")) d.open = true;
  });
  const unfold = add(one("nav"), "button", { type: "button", class: "unfold" }, "Unfold everything");
  unfold.addEventListener("click", () => {
    const open = unfold.textContent !== "Fold everything";
    fillAll();
    for (const d of all("details")) d.open = open;
    unfold.textContent = open ? "Fold everything" : "Unfold everything";
  });
  unpack().catch((e) => {
    console.error("the packed parts can't be read", e);
  }).finally(() => {
    follow();
    document.documentElement.dataset.ready = "yes";
  });
})();
