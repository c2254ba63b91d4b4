// The page works without this. With it: visits without a reload, ten requests in a row, and the balancer's own timings.
"use strict";
{
  const find = (id) => document.getElementById(id);

  const ask = async (path, options) => {
    const answer = await fetch(path, { cache: "no-store", ...options });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    return told;
  };

  const made = (name, text, className) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  const show = (told) => {
    find("total").textContent = told.total;
    for (const [server, visits] of Object.entries(told.by_server)) {
      const share = find("shares").querySelector(`[data-server="${server}"]`);
      share.querySelector("progress").max = Math.max(told.total, 1);
      share.querySelector("progress").value = visits;
      share.querySelector(".count").textContent = visits;
    }
    find("last").replaceChildren(...told.last.map((visit) => {
      const row = made("tr", "", visit.number === told.recorded ? "fresh" : "");
      const when = made("td", "");
      when.append(made("span", `${visit.at.slice(0, 10)} `, "day"), visit.at.slice(11, 19));
      row.append(made("td", visit.number, "number"), made("td", visit.name || "someone"), made("td", visit.recorded_by), when);
      return row;
    }));
  };

  const form = document.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = find("said");
    try {
      const told = await ask(form.action, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ name: find("visitor").value }),
      });
      show(told);
      said.textContent = `${told.served_by} took that one and wrote it down as visit ${told.recorded}.`;
    } catch (problem) {
      said.textContent = `That visit is not recorded. ${problem.message}`;
    }
    said.hidden = false;
  });

  const turns = find("turns");
  const button = turns.querySelector("button");
  turns.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    find("dots").replaceChildren();
    for (let turn = 0; turn < 10; turn += 1) {
      const dot = made("li", "");
      try {
        const { served_by: server } = await ask("/api/path");
        dot.textContent = dot.title = server;
        dot.className = server === "app-1" ? "first" : "second";
      } catch {
        dot.textContent = dot.title = "no answer";
        dot.className = "failed";
      }
      find("dots").append(dot);
    }
    button.disabled = false;
  });

  const [page] = performance.getEntriesByType("navigation");
  const took = Object.fromEntries((page?.serverTiming ?? []).map((metric) => [metric.name, metric]));
  if (took.total && took.backend) {
    const span = (metric) => `${metric.duration.toFixed(2)} ms`;
    const connection = took.connect?.description === "reused" ? "over a connection it had kept" : "over a new connection";
    find("timing").textContent = `The balancer had the answer’s first bytes after ${span(took.total)}; ${span(took.backend)} of that it waited for the server, ${connection}.`;
    find("timing").hidden = false;
  }
}
